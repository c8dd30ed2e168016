/**
 * What clients do with tokens they hold: ask whether one is good (RFC 7662), and
 * give one back (RFC 7009). Tokens are JWTs of our own; about anything else
 * there is nothing to say but that it is not active.
 */
import { randomUUID } from 'node:crypto';
import type { LocalReply } from '../local.ts';
import { type Store, StoreUnavailable, type StoredRevocation, type TrailEvent } from '../store/store.ts';
import { readToken } from './access-token.ts';
import type { Copy } from './copy.ts';
import type { Call } from './endpoint.ts';
import { EXPIRY_MARGIN_MS } from './key-schedule.ts';
import { emptyReply, jsonReply, OAuthError, unavailable } from './reply.ts';

export interface TokenCallParts {
  readonly issuer: string;
  readonly copy: Pick<Copy, 'keys' | 'revocations'>;
  readonly store: Pick<Store, 'addRevocation'>;
  readonly note: (event: TrailEvent) => void;
}

type Answer = (call: Call) => Promise<LocalReply | OAuthError>;

const NO_TOKEN = new OAuthError('invalid_request', 'There is no token.');

export function createIntrospectCall({ issuer, copy }: TokenCallParts): Answer {
  return async ({ form, now }) => {
    const token = form.get('token');
    if (token === undefined) return NO_TOKEN;
    const claims = await readToken(token, { issuer, keys: copy.keys(), now });
    if (claims === undefined || copy.revocations.isRevoked(claims)) return jsonReply({ active: false });
    return jsonReply({ active: true, token_type: 'Bearer', ...claims });
  };
}

export function createRevokeCall({ issuer, copy, store, note }: TokenCallParts): Answer {
  return async ({ client, form, now }) => {
    const token = form.get('token');
    if (token === undefined) return NO_TOKEN;
    const claims = await readToken(token, { issuer, keys: copy.keys(), now });
    // What cannot be used needs no revoking (RFC 7009 §2.2).
    if (claims === undefined) return emptyReply();
    if (claims.client_id !== client.id) return new OAuthError('invalid_request', 'The token is of another client.');
    if (copy.revocations.isRevoked(claims)) return emptyReply();
    const revocation: StoredRevocation = {
      id: randomUUID(),
      issuer,
      grain: 'token',
      value: claims.jti,
      issuedUntil: now,
      reason: 'given back by its client',
      by: client.id,
      createdAt: now,
      expiresAt: claims.exp * 1000 + EXPIRY_MARGIN_MS,
    };
    try {
      await store.addRevocation(revocation);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return unavailable('the store is unavailable');
    }
    copy.revocations.add(revocation);
    note({ at: now, kind: 'revoked', client: client.id, jti: claims.jti, issuer, by: client.id });
    return emptyReply();
  };
}
