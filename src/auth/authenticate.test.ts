import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { hostileTokens } from '../../test/support/hostile-tokens.ts';
import { type Issuer, base64url, createIssuer, createSigningKey, signBytes } from '../../test/support/issuer.ts';
import { Refusal } from '../refusal.ts';
import { type AuthenticatorOptions, createAuthenticator } from './authenticate.ts';
import { type FetchKeys, createKeySet } from './keyset.ts';
import { createTokenCache } from './token-cache.ts';

const NOW = Date.UTC(2026, 0, 1);
const issuer = await createIssuer({ now: () => NOW, algorithms: ['RS256', 'ES256', 'EdDSA'] });

interface StartOptions {
  readonly from?: Issuer;
  readonly issuer?: Partial<AuthenticatorOptions['issuer']>;
  /** In the place of the issuer's own key set. */
  readonly fetchKeys?: FetchKeys;
}

/** An authenticator with the issuer's keys loaded. */
async function start(options: StartOptions = {}) {
  const { from = issuer, fetchKeys = async () => ({ ...from.jwks(), maxAgeMs: undefined }) } = options;
  const clock = createFakeClock(NOW);
  const keySet = createKeySet(
    { jwksUri: 'https://auth.example.com/jwks', ttlMs: 600_000, maxStaleMs: 3_600_000 },
    { clock, log: () => {}, fetchKeys },
  );
  keySet.start();
  await settle();
  const cache = createTokenCache(clock);
  const authenticatorOptions: AuthenticatorOptions = {
    issuer: {
      name: 'main',
      issuer: from.issuer,
      audiences: [from.audience],
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      clockSkewMs: 30_000,
      maxTokenLifetimeMs: undefined,
      tokenType: undefined,
      ...options.issuer,
    },
    requiredClaims: ['sub', 'tenant_id'],
    source: { in: 'header', name: 'authorization', scheme: 'bearer' },
  };
  const { authenticate } = createAuthenticator(authenticatorOptions, { clock, keySet, cache });
  return {
    clock,
    cache,
    keySet,
    options: authenticatorOptions,
    /** With these values of `Authorization`. */
    request: (...values: string[]) => authenticate(requestWith(values)),
    /** The refusal's code and reason, or the subject. */
    outcome: async (token: string) => {
      const answer = await authenticate(requestWith([`Bearer ${token}`]));
      return answer instanceof Refusal ? (answer.reason ?? answer.code) : answer.subject;
    },
  };
}

function requestWith(values: readonly string[]) {
  return {
    method: 'GET',
    rawPath: '/',
    query: undefined,
    host: 'api.example.com',
    names: values.map(() => 'authorization'),
    values,
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
  const many = await createIssuer({ now: () => NOW, algorithms });
  const { request } = await start({ from: many, issuer: { algorithms } });
  for (const alg of algorithms) {
    const principal = await request(`Bearer ${await many.mint({ client_id: 'shop' }, { alg })}`);
    assert.ok(!(principal instanceof Refusal), alg);
    assert.equal(principal.subject, 'user-1');
    assert.equal(principal.clientId, 'shop');
    assert.deepEqual([...principal.scopes], ['orders:read']);
    assert.equal(principal.expiresAtMs, NOW + 300_000);
  }
});

const hostile = await start();
for (const { id, what, token, reasons } of await hostileTokens(issuer)) {
  test(`${id} ${what} is refused`, async () => {
    const answer = await hostile.request(`Bearer ${token}`);
    assert.ok(answer instanceof Refusal);
    assert.equal(answer.code, 'invalid_token');
    assert.ok(reasons.includes(answer.reason!), answer.reason);
    assert.equal(hostile.cache.stats().entries, 0);
  });
}

test('JWT-09 PSS with a salt of another length than its hash is refused', async () => {
  const pss = await createIssuer({ now: () => NOW, algorithms: ['PS256'] });
  const { outcome } = await start({ from: pss });
  const good = await pss.mint();
  const input = good.slice(0, good.lastIndexOf('.'));
  const signedWith = (salt: number) => `${input}.${base64url(signBytes(input, pss.key(), salt))}`;
  assert.equal(await outcome(signedWith(32)), 'user-1');
  for (const salt of [0, 1, 20, 31, 33, 64, 222])
    assert.equal(await outcome(signedWith(salt)), 'signature', String(salt));
});

test('JWT-16 a token without kid is taken where one key fits, and refused where two do', async () => {
  const nameless = await issuer.mint({}, { header: { kid: undefined } });
  assert.equal(await (await start()).outcome(nameless), 'user-1');
  const two = { keys: [issuer.key().jwk, (await createSigningKey('RS256', 'other')).jwk], maxAgeMs: undefined };
  assert.equal(await (await start({ fetchKeys: async () => two })).outcome(nameless), 'unknown_key');
});

test('JWT-33 a token of another issuer is refused though its key has the same kid, cached there or not', async () => {
  const other = await createIssuer({ now: () => NOW, issuer: 'https://other.example.com' });
  const here = await start();
  const there = await start({ from: other });
  const token = await other.mint();
  assert.equal(await there.outcome(token), 'user-1');
  assert.equal(await here.outcome(token), 'signature');
  assert.equal(await here.outcome(await other.mint({}, { key: issuer.key() })), 'issuer');
});

test('JWT-34 typ is compared in any case and with application/, and can be prescribed', async () => {
  const free = await start();
  const strict = await start({ issuer: { tokenType: 'at+jwt' } });
  for (const [typ, isAccessToken] of [
    ['at+jwt', true],
    ['AT+JWT', true],
    ['application/at+jwt', true],
    ['JWT', false],
    [undefined, false],
  ] as const) {
    const token = await issuer.mint({}, { header: { typ } });
    assert.equal(await free.outcome(token), 'user-1', typ);
    assert.equal(await strict.outcome(token), isAccessToken ? 'user-1' : 'malformed', typ);
  }
});

test('JWT-39 a cached token is answered at once, and another with the same beginning is not it', async () => {
  const { request, outcome } = await start();
  const token = await issuer.mint();
  const principal = await request(`Bearer ${token}`);
  assert.equal(request(`Bearer ${token}`), principal);
  const swapped = `${token.slice(0, token.lastIndexOf('.'))}.${(await issuer.mint({ sub: 'user-2' })).split('.')[2]!}`;
  assert.equal(await outcome(swapped), 'signature');
});

test('JWT-39 a token is refused the moment it expires, though cached', async () => {
  const { outcome, clock, cache } = await start();
  const token = await issuer.mint({ exp: NOW / 1000 + 10 });
  assert.equal(await outcome(token), 'user-1');
  clock.advance(39_999);
  assert.equal(await outcome(token), 'user-1');
  assert.equal(cache.stats().hits, 1);
  clock.advance(1);
  assert.equal(await outcome(token), 'expired');
});

test('JWT-39 a cached token is refused once its key has left the set', async () => {
  let keys = issuer.jwks().keys;
  const { outcome, clock } = await start({ fetchKeys: async () => ({ keys, maxAgeMs: undefined }) });
  const token = await issuer.mint({ exp: NOW / 1000 + 3600 });
  assert.equal(await outcome(token), 'user-1');
  keys = [issuer.key('ES256').jwk];
  clock.advance(480_000);
  await settle();
  assert.equal(await outcome(token), 'unknown_key');
});

test('JWT-39 a token whose check saw the keys change is accepted but not cached', async () => {
  const { keySet, clock, options } = await start();
  const cache = createTokenCache(clock);
  let version = 0;
  const changing = { ...keySet, version: () => version++ };
  const { authenticate } = createAuthenticator(options, { clock, keySet: changing, cache });
  assert.ok(!((await authenticate(requestWith([`Bearer ${await issuer.mint()}`]))) instanceof Refusal));
  assert.equal(cache.stats().entries, 0);
});

test('JWT-41 refused tokens do not enter the cache', async () => {
  const { outcome, cache } = await start();
  for (let n = 0; n < 50; n++) await outcome(await issuer.mint({ aud: `other-${n}` }));
  assert.equal(cache.stats().entries, 0);
});

test('JWKS-06 without keys the answer is 503 with Retry-After, and not 401', async () => {
  const { request } = await start({ fetchKeys: () => Promise.reject(new Error('down')) });
  const refusal = await request(`Bearer ${await issuer.mint()}`);
  assert.ok(refusal instanceof Refusal);
  assert.equal(refusal.code, 'keys_unavailable');
  assert.equal(refusal.status, 503);
  assert.deepEqual(
    refusal.headers.map(([name]) => name),
    ['Retry-After'],
  );
});

test('OA-01 without a token the challenge is bare', async () => {
  const refusal = (await start()).request();
  assert.ok(refusal instanceof Refusal);
  assert.equal(refusal.code, 'missing_token');
  assert.deepEqual(refusal.headers, [['WWW-Authenticate', 'Bearer realm="main"']]);
});

test('OA-02 a bad token is named as such, and nothing of it is in the answer', async () => {
  const { request } = await start();
  const token = await issuer.mint({ iss: 'https://evil.example' });
  const refusal = await request(`Bearer ${token}`);
  assert.ok(refusal instanceof Refusal);
  assert.match(refusal.headers[0]![1], /^Bearer realm="main", error="invalid_token", error_description="[^"]+"$/);
  for (const part of [...token.split('.'), 'evil']) assert.ok(!JSON.stringify(refusal).includes(part));
});

test('OA-05 two tokens are 400 invalid_request', async () => {
  const { request } = await start();
  const value = `Bearer ${await issuer.mint()}`;
  for (const refusal of [request(value, value), request(`${value}, ${value}`)]) {
    assert.ok(refusal instanceof Refusal);
    assert.equal(refusal.code, 'malformed_request');
    assert.match(refusal.headers[0]![1], /error="invalid_request"/);
  }
});

test('OA-06 a good token under another scheme is no token', async () => {
  const { request } = await start();
  const token = await issuer.mint();
  for (const value of [`Token ${token}`, `Basic ${token}`, token]) {
    const refusal = request(value);
    assert.ok(refusal instanceof Refusal);
    assert.equal(refusal.code, 'missing_token');
  }
});

test('OA-07 the scheme may be written in any case', async () => {
  const { request } = await start();
  for (const scheme of ['bearer', 'BEARER'])
    assert.ok(!((await request(`${scheme} ${await issuer.mint()}`)) instanceof Refusal));
});

test('OA-09 a token over 16 KiB is refused at once, one just under is read', async () => {
  const { request, outcome } = await start();
  assert.equal(await outcome(await issuer.mint({ padding: 'x'.repeat(11_000) })), 'user-1');
  const refusal = request(`Bearer ${await issuer.mint({ padding: 'x'.repeat(13_000) })}`);
  assert.ok(refusal instanceof Refusal);
  assert.equal(refusal.reason, 'malformed');
});
