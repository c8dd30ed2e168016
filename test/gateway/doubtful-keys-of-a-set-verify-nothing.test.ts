import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHmac } from 'node:crypto';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { base64url, createSigningKey, startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

test('JWT-16 JWT-17 JWT-36 JWT-37 JWT-38 weak, private, symmetric and foreign-purpose keys verify nothing, and the good one still does', async (t) => {
  const clock = createFakeClock();
  const issuer = await startIssuer({ now: clock.wall });
  const upstream = await startUpstream();
  const good = issuer.key();
  const [weak, forEncryption, wrapping, first, second, other] = await Promise.all([
    createSigningKey('RS256', 'weak', 1024),
    createSigningKey('RS256', 'enc'),
    createSigningKey('ES256', 'wrap'),
    createSigningKey('ES256', 'first'),
    createSigningKey('ES256', 'second'),
    createSigningKey('ES256', 'other'),
  ]);
  const secret = Buffer.alloc(32, 7);
  const keys = [
    weak.jwk,
    { ...forEncryption.jwk, use: 'enc' },
    { ...wrapping.jwk, key_ops: ['wrapKey'] },
    { kty: 'oct', kid: 'shared', alg: 'HS256', k: secret.toString('base64url') },
    { ...other.privateKey.export({ format: 'jwk' }), kid: 'private', alg: 'ES256' },
    first.jwk,
    second.jwk,
    good.jwk,
  ];
  issuer.answerWith((_, response) => response.end(JSON.stringify({ keys })));
  const gateway = await startGateway(
    `
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /*, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
`,
    { clock },
  );
  t.after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));
  const call = (token: string) => ask(gateway.port, '/', { headers: { Authorization: `Bearer ${token}` } });
  const hmacInput = `${base64url('{"alg":"HS256","kid":"shared"}')}.${base64url(JSON.stringify(issuer.claims()))}`;
  for (const [what, token] of [
    ['a weak key', await issuer.mint({}, { key: weak })],
    ['a key for encryption', await issuer.mint({}, { key: forEncryption })],
    ['a key whose operations leave out verify', await issuer.mint({}, { key: wrapping })],
    ['a private key', await issuer.mint({}, { key: { ...other, kid: 'private' } })],
    ['a shared secret', `${hmacInput}.${createHmac('sha256', secret).update(hmacInput).digest('base64url')}`],
    ['no kid, where two keys fit', await issuer.mint({}, { key: first, header: { kid: undefined } })],
  ] as const) {
    const reply = await call(token);
    assert.equal(reply.status, 401, what);
    assert.equal(reply.json().code, 'invalid_token', what);
  }
  assert.equal(upstream.received.length, 0);
  assert.equal((await call(await issuer.mint())).status, 200);
  assert.equal((await call(await issuer.mint({}, { header: { kid: undefined } }))).status, 200, 'the one RS256 key');
  const skipped = gateway.events.filter(({ event }) => event === 'key_skipped').map(({ fields }) => fields.kid);
  for (const kid of ['weak', 'enc', 'wrap', 'shared', 'private']) assert.ok(skipped.includes(kid), kid);

  // One kid for two keys of one type: nobody can say which is meant, so the set is no set.
  clock.advance(30_000);
  const before = issuer.fetches();
  const twice = [good.jwk, first.jwk, { ...second.jwk, kid: 'first' }, other.jwk];
  issuer.answerWith((_, response) => response.end(JSON.stringify({ keys: twice })));
  assert.equal((await call(await issuer.mint({}, { key: other }))).json().code, 'keys_unavailable');
  assert.equal(issuer.fetches(), before + 1);
  assert.equal((await call(await issuer.mint())).status, 200, 'the old set is kept');
  assert.ok(gateway.events.some(({ event, level }) => event === 'key_set_fetch_failed' && level === 'error'));
});
