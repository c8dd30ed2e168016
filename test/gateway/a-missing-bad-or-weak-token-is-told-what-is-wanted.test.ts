import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, type Ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - path: /orders
    kind: internal
    upstream: orders
    auth: { issuer: main, scopes: { GET: [orders:read], POST: [orders:read, orders:write], DELETE: { any_of: [orders:admin, root] } } }
    rate_limit: none
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const REALM = 'Bearer realm="main"';
const good = await issuer.mint();
const withValue = (Authorization: string, more: Ask = {}) =>
  ask(gateway.port, '/orders', { ...more, headers: { Authorization } });

async function assertServed(): Promise<void> {
  assert.equal((await withValue(`Bearer ${good}`)).status, 200);
}

test('OA-01 without credentials the challenge is bare', async () => {
  for (const options of [{}, { headers: { Authorization: '' } }, { headers: { Authorization: 'Bearer ' } }]) {
    const reply = await ask(gateway.port, '/orders', options);
    assert.equal(reply.status, 401);
    assert.equal(reply.json().code, 'missing_token');
    assert.equal(reply.headers.get('www-authenticate'), REALM);
    assert.equal(reply.headers.get('cache-control'), 'no-store');
    assert.equal(reply.headers.get('content-type'), 'application/problem+json');
  }
  assert.equal(upstream.received.length, 0);
  await assertServed();
});

test('OA-02 a bad token is answered with invalid_token and without a word of the token', async () => {
  const token = await issuer.mint({ exp: 1 });
  const reply = await withValue(`Bearer ${token}`);
  assert.equal(reply.status, 401);
  assert.equal(
    reply.headers.get('www-authenticate'),
    `${REALM}, error="invalid_token", error_description="The token has expired; get a new one."`,
  );
  const said = JSON.stringify([...reply.rawHeaders, reply.body]);
  for (const part of token.split('.')) assert.ok(!said.includes(part));
  assert.doesNotMatch(said, /rs256-1|node:|at .*\.ts/);
  await assertServed();
});

test('OA-03 a scope that is missing is 403 and named, and all that are needed stand in the challenge', async () => {
  const before = upstream.received.length;
  const reply = await withValue(`Bearer ${good}`, { method: 'POST', body: '' });
  assert.equal(reply.status, 403);
  assert.equal(reply.json().code, 'insufficient_scope');
  assert.match(reply.json().detail!, /orders:write/);
  assert.match(reply.headers.get('www-authenticate')!, /error="insufficient_scope"/);
  assert.match(reply.headers.get('www-authenticate')!, /scope="orders:read orders:write"/);
  assert.equal((await withValue(`Bearer ${good}`, { method: 'DELETE' })).json().code, 'insufficient_scope');
  assert.equal(upstream.received.length, before);
  await assertServed();
});

test('OA-04 scopes are whole words between single spaces; scp may be a list', async () => {
  const refused = [
    'orders:rea',
    'orders:reader',
    'xorders:read',
    'ORDERS:READ',
    'orders:write,orders:read',
    'orders:write\torders:read',
    'orders:write\norders:read',
    ['orders:read'],
    { 'orders:read': true },
    undefined,
    '',
  ];
  const before = upstream.received.length;
  for (const scope of refused) {
    const reply = await withValue(`Bearer ${await issuer.mint({ scope })}`);
    assert.equal(reply.status, 403, JSON.stringify(scope));
    assert.equal(reply.json().code, 'insufficient_scope');
  }
  assert.equal(upstream.received.length, before);
  for (const claims of [
    { scope: 'a orders:read b' },
    { scope: undefined, scp: ['a', 'orders:read'] },
    { scope: undefined, scp: 'a orders:read' },
  ]) {
    assert.equal((await withValue(`Bearer ${await issuer.mint(claims)}`)).status, 200);
  }
});

test('OA-06 a good token under another scheme, or under none, is no token', async () => {
  const before = upstream.received.length;
  for (const value of [
    `Token ${good}`,
    `Basic ${good}`,
    `Digest ${good}`,
    good,
    `Bearer${good}`,
    `Bearer\t${good}`,
    `DPoP ${good}`,
  ]) {
    const reply = await withValue(value);
    assert.equal(reply.status, 401, value.slice(0, 12));
    assert.equal(reply.json().code, 'missing_token');
  }
  assert.equal(upstream.received.length, before);
});

test('OA-07 the scheme is read in any case', async () => {
  for (const scheme of ['bearer', 'BEARER', 'bEaReR']) assert.equal((await withValue(`${scheme} ${good}`)).status, 200);
});

test('OA-09 a token that no head can hold is 431, and its length costs no signature', async () => {
  const reply = await withValue(`Bearer ${good.repeat(40)}`);
  assert.equal(reply.status, 431);
  assert.equal(reply.json().code, 'headers_too_large');
  assert.ok(!gateway.accessText().includes(good.slice(0, 40)));
  await assertServed();
});

test('OA-10 nothing that a caller sends gets into a challenge', async () => {
  for (const headers of [
    { Host: 'evil.example' },
    { 'X-Forwarded-Host': 'evil", error="x' },
    { 'X-Forwarded-Proto': 'evil' },
    { Authorization: 'evil", realm="x' },
    { Authorization: 'Bearer evil", realm="x' },
  ]) {
    const reply = await ask(gateway.port, '/orders?evil=%22', { headers });
    assert.equal(reply.status, 401);
    assert.ok(reply.headers.get('www-authenticate')!.startsWith(REALM));
    assert.doesNotMatch(reply.headers.get('www-authenticate')!, /evil/);
    assert.doesNotMatch(reply.body, /evil/);
  }
});
