import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { hostileTokens } from '../../test/support/hostile-tokens.ts';
import { type Issuer, createIssuer } from '../../test/support/issuer.ts';
import { Refusal } from '../refusal.ts';
import { type AuthenticatorOptions, createAuthenticator } from './authenticate.ts';
import { createKeySet } from './keyset.ts';
import { createTokenCache } from './token-cache.ts';

const now = Date.UTC(2026, 0, 1);
const issuer = await createIssuer({ now: () => now, algorithms: ['RS256', 'ES256', 'EdDSA'] });

async function start(
  from: Issuer = issuer,
  changes: Partial<AuthenticatorOptions['issuer']> = {},
  requiredClaims = ['sub', 'tenant_id'],
) {
  const clock = createFakeClock(now);
  const keySet = createKeySet(
    { jwksUri: 'https://auth.example.com/jwks', ttlMs: 600_000, maxStaleMs: 3_600_000 },
    { clock, log: () => {}, fetchKeys: async () => ({ ...from.jwks(), maxAgeMs: undefined }) },
  );
  keySet.start();
  await settle();
  const cache = createTokenCache(clock);
  const options: AuthenticatorOptions = {
    issuer: {
      name: 'main',
      issuer: from.issuer,
      audiences: [from.audience],
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      clockSkewMs: 30_000,
      maxTokenLifetimeMs: undefined,
      tokenType: undefined,
      ...changes,
    },
    requiredClaims,
    source: { in: 'header', name: 'authorization', scheme: 'bearer' },
  };
  const { authenticate } = createAuthenticator(options, { clock, keySet, cache });
  return {
    clock,
    cache,
    keySet,
    authenticate: (token: string) => authenticate(requestWith(['authorization', `Bearer ${token}`])),
  };
}

function requestWith(...fields: readonly (readonly [string, string])[]) {
  return {
    method: 'GET',
    rawPath: '/',
    query: undefined,
    host: 'api.example.com',
    names: fields.map(([name]) => name),
    values: fields.map(([, value]) => value),
  };
}

/** Lets promises that wait for nothing outside run to their end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a good token of every kind of key names its principal', async () => {
  const algorithms = [
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
  ] as const;
  const many = await createIssuer({ now: () => now, algorithms });
  const { authenticate } = await start(many, { algorithms });
  for (const alg of algorithms) {
    const principal = await authenticate(await many.mint({ client_id: 'shop' }, { alg }));
    assert.ok(!(principal instanceof Refusal), alg);
    assert.equal(principal.subject, 'user-1');
    assert.equal(principal.clientId, 'shop');
    assert.deepEqual([...principal.scopes], ['orders:read']);
    assert.equal(principal.expiresAtMs, now + 300_000);
  }
});

for (const { id, what, token } of await hostileTokens(issuer)) {
  test(`${id} ${what} is refused`, async () => {
    const { authenticate, cache } = await start();
    const answer = await authenticate(token);
    assert.ok(answer instanceof Refusal);
    assert.ok(
      answer.code === 'invalid_token' || answer.code === 'malformed_request' || answer.code === 'missing_token',
      answer.code,
    );
    assert.equal(cache.stats().entries, 0);
  });
}
