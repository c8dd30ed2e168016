/** Things to store, for tests. */
import type { StoredClient, StoredKey, StoredRevocation, TrailEvent } from '../../src/store/store.ts';

export function clientNamed(id: string, more: Partial<StoredClient> = {}): StoredClient {
  return {
    id,
    name: `${id} the client`,
    secrets: [{ sha256: 'a'.repeat(64), createdAt: 1, expiresAt: undefined }],
    jwks: undefined,
    scopes: ['billing:read'],
    defaultScopes: [],
    audiences: [],
    tokenTtlMs: undefined,
    state: 'active',
    createdAt: 1,
    ...more,
  };
}

export function keyNamed(kid: string): StoredKey {
  const times = { createdAt: 1, signsFrom: 2, signsUntil: undefined, publishedUntil: undefined };
  return { kid, algorithm: 'ES256', publicJwk: '{"kty":"EC"}', privateKey: '{"d":"…"}', ...times };
}

export function revocationOf(value: string, more: Partial<StoredRevocation> = {}): StoredRevocation {
  return {
    id: `revocation of ${value}`,
    issuer: 'https://gateway.internal',
    grain: 'client',
    value,
    issuedUntil: 10,
    reason: 'its host was broken into',
    by: 'alice',
    createdAt: 10,
    expiresAt: 20,
    ...more,
  };
}

export function callOf(client: string, more: Partial<TrailEvent> = {}): TrailEvent {
  return {
    at: 1000,
    kind: 'call',
    client,
    issuer: 'https://gateway.internal',
    scopes: ['billing:read'],
    route: '/billing/*',
    method: 'GET',
    upstream: 'billing',
    status: 200,
    durationMs: 1.25,
    ...more,
  };
}
