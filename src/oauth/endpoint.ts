/**
 * What the three endpoints for clients have in common: read the form, know the
 * client, answer, and leave a note of what was refused. An endpoint itself is a
 * function from a call to a reply or an error.
 */
import type { LocalReply, LocalRequest, LocalRoute } from '../local.ts';
import type { TrailEvent } from '../store/store.ts';
import { authenticateClient, type AuthenticationParts } from './authenticate-client.ts';
import type { Client } from './clients.ts';
import type { Failures } from './failures.ts';
import { type Form, MAX_BODY_BYTES, readForm } from './form.ts';
import { errorReply, OAuthError, unavailable } from './reply.ts';

export interface Call {
  readonly client: Client;
  readonly form: Form;
  readonly local: LocalRequest;
  readonly now: number;
}

export interface EndpointOptions {
  readonly name: string;
  readonly path: string;
  /** What the trail calls a refusal here. */
  readonly refusedKind: string;
  readonly run: (call: Call) => Promise<LocalReply | OAuthError>;
}

export interface EndpointParts extends AuthenticationParts {
  readonly ready: () => boolean;
  readonly now: () => number;
  readonly failures: Failures;
  readonly note: (event: TrailEvent) => void;
}

const NOT_READY = errorReply(unavailable('not loaded'));
/** A name that was not proven is kept no longer than this. */
const MAX_NOTED_CHARS = 128;

export function createEndpoint(options: EndpointOptions, parts: EndpointParts): LocalRoute {
  const { name, path, refusedKind, run } = options;
  const { ready, now: clock, failures, note } = parts;

  function refused(error: OAuthError, client: string, local: LocalRequest): LocalReply {
    note({
      at: clock(),
      kind: refusedKind,
      client: client === '' ? undefined : client.slice(0, MAX_NOTED_CHARS).toWellFormed(),
      route: name,
      status: error.status,
      refusal: error.code,
      requestId: local.requestId,
      detail: `${error.detail ?? error.description} (from ${local.address})`,
    });
    return errorReply(error);
  }

  function unproven(error: OAuthError, client: string, local: LocalRequest): LocalReply {
    if (error.code !== 'invalid_client') return refused(error, client, local);
    const verdict = failures.count(client, local.addressKey, clock());
    if (verdict === 'below') return refused(error, client, local);
    if (verdict === 'last') {
      const detail = `${error.detail}; further failures of this client at this address are left out for a minute`;
      return refused(new OAuthError(error.code, error.description, { detail }), client, local);
    }
    return errorReply(new OAuthError('slow_down', 'Too many failures; wait.', verdict));
  }

  return {
    name,
    path,
    methods: ['POST'],
    maxBodyBytes: MAX_BODY_BYTES,
    async answer(local) {
      if (!ready()) return NOT_READY;
      const now = clock();
      const form = readForm(local);
      if (form instanceof OAuthError) return refused(form, '', local);
      const client = await authenticateClient({ request: local.request, form, now }, parts);
      if ('error' in client) return unproven(client.error, client.id, local);
      const reply = await run({ client, form, local, now });
      return reply instanceof OAuthError ? refused(reply, client.id, local) : reply;
    },
  };
}
