/**
 * Clients over the admin port, in JSON: what the commands do, by the same
 * functions. Whoever comes here has shown the admin token. A secret is in the
 * one answer that made it.
 *
 *   GET, POST    /oauth2/clients             all of them; one more
 *   GET, DELETE  /oauth2/clients/CLIENT      one, by its id or name
 *   POST         /oauth2/clients/CLIENT/…    rotate, disable, enable, revoke
 */
import { type ControlReply, type ControlRoute, jsonReply, problemReply } from '../control.ts';
import { StoreUnavailable, type StoredClient } from '../store/store.ts';
import { viewOf, viewOfStatic } from './client-view.ts';
import type { StaticClient } from './clients.ts';
import { type Desk, DeskFault } from './desk.ts';
import {
  type ClientAndSecret,
  clientCalled,
  createClient,
  deleteClient,
  enableClient,
  revokeClient,
  revokeStaticClient,
  rotateSecret,
} from './manage-clients.ts';
import { readMembers, type ReadObject } from './members.ts';

export interface ClientApiOptions {
  readonly staticClients: readonly StaticClient[];
  /** Every scope there is; `undefined`: none are declared. */
  readonly scopes: ReadonlyMap<string, string> | undefined;
  readonly secretOverlapMs: number;
  readonly readObject: ReadObject;
  /** Resolves when what was changed works here. */
  readonly takeOver: () => Promise<void>;
}

const PATH = '/oauth2/clients';
const MAX_OVERLAP_MS = 30 * 86_400_000;
const MAX_REASON_CHARS = 500;
const CLIENT = {
  name: 'text',
  scopes: 'texts',
  default_scopes: 'texts',
  audiences: 'texts',
  token_ttl_ms: 'count',
  jwks: 'object',
} as const;

type Answer = ControlReply | DeskFault;

interface Job {
  readonly desk: Desk;
  readonly body: Buffer;
}

export function createClientApi(parts: Omit<Desk, 'by'>, options: ClientApiOptions): ControlRoute {
  const { staticClients, scopes: declared, secretOverlapMs, readObject, takeOver } = options;
  const isStatic = (about: string): boolean => staticClients.some(({ id }) => id === about);

  async function list({ desk }: Job): Promise<Answer> {
    const stored = await desk.store.clients();
    return jsonReply(200, { clients: [...stored.map(viewOf), ...staticClients.map(viewOfStatic)] });
  }

  async function create({ desk, body }: Job): Promise<Answer> {
    const wanted = readMembers(body, CLIENT, readObject);
    if (wanted instanceof DeskFault) return wanted;
    const { name, scopes, audiences = [], token_ttl_ms: tokenTtlMs, jwks } = wanted;
    if (name === undefined || scopes === undefined) return new DeskFault('invalid', 'write a `name` and its `scopes`');
    const unknown = scopes.find((scope) => declared?.has(scope) === false);
    if (unknown !== undefined) {
      return new DeskFault('invalid', `the scope \`${unknown}\` is not among \`scopes\` of the configuration`);
    }
    const made = await createClient(desk, {
      name,
      scopes,
      defaultScopes: wanted.default_scopes ?? scopes,
      audiences,
      tokenTtlMs,
      jwks: jwks && JSON.stringify(jwks),
    });
    return withSecret(201, made);
  }

  async function show({ desk }: Job, about: string): Promise<Answer> {
    const fixed = staticClients.find(({ id }) => id === about);
    if (fixed !== undefined) return jsonReply(200, viewOfStatic(fixed));
    return shown(await find(desk, about));
  }

  async function remove({ desk }: Job, about: string): Promise<Answer> {
    const client = await find(desk, about);
    if (client instanceof DeskFault) return client;
    return (await deleteClient(desk, client.id)) ?? { status: 204, fields: [], body: '' };
  }

  async function rotate({ desk, body }: Job, about: string): Promise<Answer> {
    const wanted = readMembers(body, { overlap_ms: 'count' }, readObject);
    if (wanted instanceof DeskFault) return wanted;
    const { overlap_ms: overlapMs = secretOverlapMs } = wanted;
    if (overlapMs > MAX_OVERLAP_MS) return new DeskFault('invalid', 'two secrets overlap for at most 30 days');
    const client = await find(desk, about);
    return client instanceof DeskFault ? client : withSecret(200, await rotateSecret(desk, client.id, overlapMs));
  }

  async function setEnabled({ desk, body }: Job, about: string, enabled: boolean): Promise<Answer> {
    const wanted = readMembers(body, {}, readObject);
    const client = wanted instanceof DeskFault ? wanted : await find(desk, about);
    return client instanceof DeskFault ? client : shown(await enableClient(desk, client.id, enabled));
  }

  async function revoke({ desk, body }: Job, about: string): Promise<Answer> {
    const wanted = readMembers(body, { reason: 'text' }, readObject);
    if (wanted instanceof DeskFault) return wanted;
    const { reason = '' } = wanted;
    if (reason === '' || reason.length > MAX_REASON_CHARS) {
      return new DeskFault('invalid', `write a \`reason\`, of at most ${MAX_REASON_CHARS} characters`);
    }
    if (isStatic(about)) {
      await revokeStaticClient(desk, about, reason);
      return jsonReply(200, { client_id: about, state: 'revoked' });
    }
    const client = await find(desk, about);
    return client instanceof DeskFault ? client : shown(await revokeClient(desk, client.id, reason));
  }

  async function find({ store }: Desk, about: string): Promise<StoredClient | DeskFault> {
    const found = clientCalled(about, await store.clients());
    if (found !== undefined) return found;
    return isStatic(about)
      ? new DeskFault('conflict', 'the client stands in the configuration; change it there')
      : new DeskFault('unknown', 'there is no such client');
  }

  type Act = (job: Job, about: string) => Promise<Answer>;
  const collection: Readonly<Record<string, Act>> = { GET: list, POST: create };
  const one: Readonly<Record<string, Act>> = { GET: show, DELETE: remove };
  const actions: ReadonlyMap<string, Act> = new Map<string, Act>([
    ['rotate', rotate],
    ['disable', (job, about) => setEnabled(job, about, false)],
    ['enable', (job, about) => setEnabled(job, about, true)],
    ['revoke', revoke],
  ]);

  /** What may be done at a path, by method; `undefined`: there is no such path. */
  function methodsAt(segments: readonly string[]): Readonly<Record<string, Act>> | undefined {
    const [about, action] = segments;
    if (about === undefined) return collection;
    if (about === '' || segments.length > 2) return undefined;
    if (action === undefined) return one;
    const act = actions.get(action);
    return act && { POST: act };
  }

  return {
    path: PATH,
    async answer({ method, path, body, address }) {
      const segments = path.slice(PATH.length).split('/').slice(1);
      const methods = methodsAt(segments);
      const about = decoded(segments[0] ?? '');
      if (methods === undefined || about === undefined) return problemReply(404, { title: 'No such page' });
      // A HEAD is answered as a GET, whose body is left away.
      const act = Object.hasOwn(methods, method) ? methods[method] : undefined;
      if (act === undefined) {
        return problemReply(405, { title: 'Method not allowed' }, [['Allow', Object.keys(methods).join(', ')]]);
      }
      try {
        const answer = await act({ desk: { ...parts, by: `admin api (from ${address})` }, body }, about);
        if (answer instanceof DeskFault) return faultReply(answer);
        if (method !== 'GET') await takeOver();
        return answer;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        return problemReply(503, { title: 'The store is unavailable' }, [['Retry-After', '1']]);
      }
    },
  };
}

function withSecret(status: number, made: ClientAndSecret | DeskFault): Answer {
  if (made instanceof DeskFault) return made;
  const { client, secret } = made;
  return jsonReply(status, { ...viewOf(client), ...(secret !== undefined && { client_secret: secret }) });
}

function shown(client: StoredClient | DeskFault): Answer {
  return client instanceof DeskFault ? client : jsonReply(200, viewOf(client));
}

const FAULTS = {
  invalid: [400, 'Invalid request'],
  unknown: [404, 'No such client'],
  conflict: [409, 'Not possible as things are'],
} as const satisfies Record<DeskFault['kind'], readonly [status: number, title: string]>;

function faultReply({ kind, message }: DeskFault): ControlReply {
  const [status, title] = FAULTS[kind];
  return problemReply(status, { title, detail: message });
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
