/** An authorization server without a socket, on a store in memory: its endpoints are called as the gateway calls them. */
import type { LocalReply } from '../../src/local.ts';
import { makeSecret, sha256 } from '../../src/oauth/secret.ts';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  createAuthorizationServer,
} from '../../src/oauth/server.ts';
import type { StoredClient, TrailEvent } from '../../src/store/store.ts';
import { createFakeClock, type FakeClock } from './clock.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';

export { readJsonObject as readObject } from '../../src/auth/strict-json.ts';

export interface TestServer {
  readonly server: AuthorizationServer;
  readonly store: MemoryStore;
  readonly clock: FakeClock;
  readonly events: TrailEvent[];
  readonly logged: (readonly [event: string, fields: Readonly<Record<string, unknown>> | undefined])[];
  /** POSTs a form to the endpoint of this name. */
  readonly post: (endpoint: string, form: FormValues, more?: CallOptions) => Promise<Answer>;
  readonly get: (endpoint: string) => Promise<LocalReply>;
  /** Moves time on, and waits until what that began has ended, but for new keys. */
  readonly pass: (ms: number) => Promise<void>;
}

export type FormValues = Readonly<Record<string, string>> | string;

export interface CallOptions {
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly address?: string;
  readonly certificateSha256?: string;
}

export interface Answer {
  readonly status: number;
  readonly fields: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export const ISSUER = 'https://gateway.internal';

export interface ServerSetup {
  readonly options?: Partial<AuthorizationServerOptions>;
  readonly store?: MemoryStore;
  readonly clock?: FakeClock;
}

export async function startAuthorizationServer(setup: ServerSetup = {}): Promise<TestServer> {
  const { store = createMemoryStore(), clock = createFakeClock() } = setup;
  const events: TrailEvent[] = [];
  const logged: [string, Readonly<Record<string, unknown>> | undefined][] = [];
  const server = createAuthorizationServer(
    {
      issuer: ISSUER,
      audience: 'internal',
      tokenTtlMs: 300_000,
      keyRotationMs: 30 * 86_400_000,
      passphrase: undefined,
      scopes: undefined,
      staticClients: [],
      ...setup.options,
    },
    {
      store,
      clock,
      log: (_level, event, fields) => void logged.push([event, fields]),
      note: (event) => void events.push(event),
    },
  );
  await server.start();

  function call(endpoint: string, body: string, more: CallOptions): LocalReply | Promise<LocalReply> {
    const route = server.routes.find(({ name }) => name === endpoint)!;
    const { fields = [], address = '192.0.2.1', certificateSha256 } = more;
    const all = [...(fields.some(([name]) => name === 'content-type') ? [] : [FORM_TYPE]), ...fields];
    return route.answer({
      request: {
        method: route.methods[0]!,
        rawPath: route.path,
        query: undefined,
        host: 'gateway.internal',
        names: all.map(([name]) => name),
        values: all.map(([, value]) => value),
      },
      body: Buffer.from(body),
      address,
      addressKey: address,
      requestId: 'r-1',
      certificateSha256,
    });
  }

  return {
    server,
    store,
    clock,
    events,
    logged,
    async post(endpoint, form, more = {}) {
      const text = typeof form === 'string' ? form : new URLSearchParams(form).toString();
      const { status, fields, body } = await call(endpoint, text, more);
      return { status, fields, body: body === '' ? {} : (JSON.parse(body) as Answer['body']) };
    },
    get: async (endpoint) => await call(endpoint, '', {}),
    async pass(ms) {
      // What begins on the way sees the time it began at: the last poll has to begin at the end.
      for (const part of [ms - POLL_MS, POLL_MS]) {
        clock.advance(part);
        // The store answers within a turn; only keys are made elsewhere, and that is to be waited for.
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      }
    },
  };
}

/** Of the server. */
const POLL_MS = 200;
const FORM_TYPE = ['content-type', 'application/x-www-form-urlencoded'] as const;

/** `Authorization: Basic`, as RFC 6749 §2.3.1 has it. */
export function basic(id: string, secret: string): readonly [name: string, value: string] {
  const pair = `${formEncode(id)}:${formEncode(secret)}`;
  return ['authorization', `Basic ${Buffer.from(pair).toString('base64')}`];
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** A client in the store, with the secret it was made with. */
export async function addClient(
  store: MemoryStore,
  more: Partial<StoredClient> = {},
): Promise<{ readonly id: string; readonly secret: string }> {
  const secret = makeSecret();
  const client: StoredClient = {
    id: 'billing',
    name: more.id ?? 'billing',
    secrets: [{ sha256: sha256(secret).toString('hex'), createdAt: 0, expiresAt: undefined }],
    jwks: undefined,
    scopes: ['billing:read', 'billing:write'],
    defaultScopes: ['billing:read'],
    audiences: [],
    tokenTtlMs: undefined,
    state: 'active',
    createdAt: 0,
    ...more,
  };
  await store.addClient(client);
  return { id: client.id, secret };
}
