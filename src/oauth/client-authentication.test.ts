import assert from 'node:assert/strict';
import test from 'node:test';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { addClient, basic, ISSUER, startAuthorizationServer } from '../../test/support/authorization-server.ts';
import { createMemoryStore } from '../../test/support/memory-store.ts';
import { ASSERTION_TYPE } from './assertion.ts';
import { MAX_FAILURES } from './failures.ts';
import { makeSecret } from './secret.ts';

const GRANT = { grant_type: 'client_credentials' };
const TOKEN_URL = `${ISSUER}/oauth2/token`;

async function setUp() {
  const store = createMemoryStore();
  const { id, secret } = await addClient(store);
  return { ...(await startAuthorizationServer({ store })), id, secret };
}

test('RFC 6749 §2.3.1: a client proves itself in the head or in the body, with what it says encoded', async () => {
  const store = createMemoryStore();
  const odd = await addClient(store, { id: 'a b:é%' });
  const { post } = await startAuthorizationServer({ store });
  assert.equal((await post('oauth2-token', GRANT, { fields: [basic(odd.id, odd.secret)] })).status, 200);
  const inBody = { ...GRANT, client_id: odd.id, client_secret: odd.secret };
  assert.equal((await post('oauth2-token', inBody)).status, 200);
});

test('OA-12 whoever does not prove itself is an invalid_client, with a challenge', async () => {
  const { post, id, secret, events } = await setUp();
  const malformed = ['Basic', 'Basic !!', 'Basic Og==', 'Basic YQ==', `Bearer ${secret}`, 'Basic OnNlY3JldA=='];
  for (const value of malformed) {
    const { status, body, fields } = await post('oauth2-token', GRANT, { fields: [['authorization', value]] });
    assert.deepEqual([status, body.error], [401, 'invalid_client'], value);
    assert.match(fields, /^WWW-Authenticate: Basic /m);
    assert.match(fields, /^Cache-Control: no-store\r$/m);
  }
  for (const form of [
    GRANT,
    { ...GRANT, client_id: id },
    { ...GRANT, client_secret: secret },
    { ...GRANT, client_id: id, client_secret: makeSecret() },
    { ...GRANT, client_id: '', client_secret: secret },
  ]) {
    const { status, body } = await post('oauth2-token', form);
    assert.deepEqual([status, body.error], [401, 'invalid_client'], JSON.stringify(Object.keys(form)));
  }
  assert.equal(events.filter(({ kind }) => kind === 'token_refused').length, malformed.length + 5);
  assert.ok(!JSON.stringify(events).includes(secret));
});

test('RFC 6749 §2.3: one way to prove itself, and one id', async () => {
  const { post, id, secret } = await setUp();
  for (const [form, fields] of [
    [{ client_secret: secret }, [basic(id, secret)]],
    [{}, [basic(id, secret), basic(id, secret)]],
    [{ client_id: 'orders' }, [basic(id, secret)]],
    [{ client_assertion: 'a', client_assertion_type: ASSERTION_TYPE }, [basic(id, secret)]],
  ] as const) {
    const { status, body } = await post('oauth2-token', { ...GRANT, ...form }, { fields });
    assert.deepEqual([status, body.error], [400, 'invalid_request']);
  }
});

test('OA-13 wrong, mistyped and expired secrets, unknown and disabled clients: all the same answer', async () => {
  const { post, id, secret, store, pass } = await setUp();
  const disabled = await addClient(store, { id: 'disabled', state: 'disabled' });
  const expired = await addClient(store, { id: 'expired' });
  await store.changeClient('expired', (client) => ({
    ...client,
    secrets: client.secrets.map((one) => ({ ...one, expiresAt: 1 })),
  }));
  await pass(200);
  const answers = await Promise.all(
    [
      [id, makeSecret()],
      [id, secret.slice(0, -1)],
      ['nobody', makeSecret()],
      [disabled.id, disabled.secret],
      [expired.id, expired.secret],
    ].map(([who, what]) => post('oauth2-token', GRANT, { fields: [basic(who!, what!)] })),
  );
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal(answers[0]!.status, 401);
});

test('OA-13 guesses never lock a client out, from the same address or another', async () => {
  const { post, id, secret, events } = await setUp();
  const wrong = { fields: [basic(id, makeSecret())] };
  for (let time = 0; time < MAX_FAILURES; time++) assert.equal((await post('oauth2-token', GRANT, wrong)).status, 401);
  const recorded = events.length;
  const { status, fields } = await post('oauth2-token', GRANT, wrong);
  assert.equal(status, 429);
  assert.match(fields, /^Retry-After: 60\r$/m);
  assert.equal(events.length, recorded);
  assert.equal((await post('oauth2-token', GRANT, { ...wrong, address: '192.0.2.2' })).status, 401);
  const right = { fields: [basic(id, secret)] };
  assert.equal((await post('oauth2-token', GRANT, right)).status, 200);
  assert.equal((await post('oauth2-token', GRANT, { ...right, address: '192.0.2.2' })).status, 200);
});

async function setUpKeys() {
  const store = createMemoryStore();
  const own = await generateKeyPair('ES256');
  const rsa = await generateKeyPair('RS256');
  const other = await generateKeyPair('ES256');
  const keys = [
    { ...(await exportJWK(own.publicKey)), kid: 'es' },
    { ...(await exportJWK(rsa.publicKey)), kid: 'rs' },
  ];
  await addClient(store, { id: 'billing', secrets: [], jwks: JSON.stringify({ keys }) });
  await addClient(store, {
    id: 'orders',
    secrets: [],
    jwks: JSON.stringify({ keys: [{ ...(await exportJWK(other.publicKey)), kid: 'es' }] }),
  });
  const served = await startAuthorizationServer({ store });
  const now = served.clock.wall() / 1000;
  const claims = { iss: 'billing', sub: 'billing', aud: ISSUER, jti: 'j', iat: now, exp: now + 60 };
  const sign = (more: Readonly<Record<string, unknown>> = {}, key = own.privateKey): Promise<string> =>
    new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: 'ES256', kid: 'es' }).sign(key);
  const send = (assertion: string, more: Readonly<Record<string, string>> = {}) =>
    served.post('oauth2-token', {
      ...GRANT,
      client_assertion: assertion,
      client_assertion_type: ASSERTION_TYPE,
      ...more,
    });
  return { ...served, store, keys, now, claims, sign, send, rsa, other };
}

test('RFC 7523 §3: a signed assertion proves the client, for the issuer or the token endpoint, once', async () => {
  const { sign, send, events } = await setUpKeys();
  const assertion = await sign();
  assert.equal((await send(assertion, { client_id: 'billing' })).status, 200);
  const again = await send(assertion);
  assert.deepEqual([again.status, again.body.error], [401, 'invalid_client']);
  assert.match(events.at(-1)!.detail!, /used before/);
  assert.equal((await send(await sign({ jti: 'k', aud: [TOKEN_URL] }))).status, 200);
});

test('RFC 7523 §3: an assertion that leaves doubt proves nothing, and is not noted', async () => {
  const { sign, send, store, now, claims, keys, rsa, other, events } = await setUpKeys();
  const hmacKey = new TextEncoder().encode(JSON.stringify(keys[1]));
  const none = new UnsecuredJWT(claims).encode();
  const hmac = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'rs' }).sign(hmacKey);
  const embedded = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(other.publicKey) })
    .sign(other.privateKey);
  const mixed = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'es' }).sign(rsa.privateKey);
  const rows: Readonly<Record<string, string>> = {
    'no algorithm': none,
    'HMAC with the public key': hmac,
    'a key of its own in the header': embedded,
    'the kid of another key': mixed,
    'the key of another client': await sign({}, other.privateKey),
    'for another audience': await sign({ aud: 'https://other.example' }),
    'for another audience as well': await sign({ aud: [ISSUER, 'https://other.example'] }),
    'for nobody': await sign({ aud: [] }),
    expired: await sign({ exp: now - 31 }),
    'good for too long': await sign({ exp: now + 3600 }),
    'without an end': await sign({ exp: undefined }),
    'issued in the future': await sign({ iat: now + 31 }),
    'not yet good': await sign({ nbf: now + 31 }),
    'without an id': await sign({ jti: undefined }),
    'with an id that is too long': await sign({ jti: 'j'.repeat(257) }),
    'of another issuer': await sign({ iss: 'orders' }),
    'for a client that is not there': await sign({ iss: 'nobody', sub: 'nobody' }),
    'cut off': (await sign()).slice(0, -8),
    'no JWT': 'a.b.c',
  };
  for (const [what, assertion] of Object.entries(rows)) {
    const { status, body } = await send(assertion);
    assert.deepEqual([status, body.error], [401, 'invalid_client'], what);
    assert.equal(events.at(-1)?.kind, 'token_refused', what);
  }
  assert.equal(store.calls.get('useAssertion'), undefined);
  assert.equal((await send(await sign(), { client_id: 'orders' })).body.error, 'invalid_request');
  assert.equal((await send(await sign(), { client_assertion_type: 'other' })).body.error, 'invalid_client');
});

test('RFC 7523: while the store is away an assertion cannot be noted, so it is not taken', async () => {
  const { sign, send, store } = await setUpKeys();
  store.away = true;
  const { status, body, fields } = await send(await sign());
  assert.deepEqual([status, body.error], [503, 'temporarily_unavailable']);
  assert.match(fields, /^Retry-After: 1\r$/m);
  store.away = false;
  assert.equal((await send(await sign())).status, 200);
});
