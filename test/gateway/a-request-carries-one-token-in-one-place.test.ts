import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, type Ask } from '../support/client.ts';
import { foldedValues } from '../support/folded.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /header, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
  - { path: /named, kind: internal, upstream: orders, auth: { issuer: main, token_source: X-Access-Token }, rate_limit: none }
  - { path: /cookie, kind: internal, upstream: orders, auth: { issuer: main, token_source: "cookie: session" }, rate_limit: none }
  - { path: /query, kind: internal, upstream: orders, auth: { issuer: main, token_source: "query: access_token" }, rate_limit: none }
  - path: /kept
    kind: internal
    upstream: orders
    auth: { issuer: main }
    rate_limit: none
    plugins: [ { strip-auth-header: false } ]
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const token = await issuer.mint();
const bearer = `Bearer ${token}`;

async function refused(status: number, code: string, path: string, options: Ask = {}): Promise<void> {
  const before = upstream.received.length;
  const reply = await ask(gateway.port, path, options);
  assert.equal(reply.status, status, path);
  assert.equal(reply.json().code, code);
  assert.match(
    reply.headers.get('www-authenticate')!,
    status === 400 ? /error="invalid_request"/ : /^Bearer realm="main"/,
  );
  assert.equal(upstream.received.length, before);
}

async function served(path: string, options: Ask): Promise<Received> {
  const reply = await ask(gateway.port, path, options);
  assert.equal(reply.status, 200, reply.body);
  return reply.json<Received>();
}

test('OA-05 two tokens are as bad as none, because a service might read the other one', async () => {
  for (const headers of [
    [
      ['Authorization', bearer],
      ['Authorization', bearer],
    ],
    [
      ['Authorization', bearer],
      ['authorization', 'Basic YTpi'],
    ],
    [['Authorization', `${bearer}, ${bearer}`]],
    [['Authorization', `${bearer} ${token}`]],
    [['Authorization', `${bearer},`]],
  ] as const) {
    await refused(400, 'malformed_request', '/header', { headers });
  }
  await refused(400, 'malformed_request', `/query?access_token=${token}&access_token=${token}`);
  await refused(400, 'malformed_request', '/cookie', { headers: { Cookie: `session=${token}; session=x` } });
  await refused(400, 'malformed_request', '/cookie', {
    headers: [
      ['Cookie', `session=${token}`],
      ['Cookie', 'session=x'],
    ],
  });
  await served('/header', { headers: { Authorization: bearer } });
});

test('OA-08 a token counts only where the route looks for it', async () => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  await refused(401, 'missing_token', `/header?access_token=${token}`);
  await refused(401, 'missing_token', '/header', { headers: { Cookie: `access_token=${token}; session=${token}` } });
  await refused(401, 'missing_token', '/header', { method: 'POST', headers: form, body: `access_token=${token}` });
  await refused(401, 'missing_token', '/header', { headers: { 'X-Access-Token': token } });
  for (const path of ['/named', '/cookie', '/query'])
    await refused(401, 'missing_token', path, { headers: { Authorization: bearer } });
  await refused(401, 'missing_token', `/query?ACCESS_TOKEN=${token}&xaccess_token=${token}&access%5Ftoken=${token}`);
});

test('HDR-13 the service sees the token nowhere, wherever it stood', async () => {
  const header = await served('/header', { headers: { Authorization: bearer, 'X-Other': '1' } });
  assert.deepEqual(foldedValues(header, 'authorization'), []);
  const named = await served('/named', { headers: { 'x-ACCESS-token': token } });
  assert.deepEqual(foldedValues(named, 'x-access-token'), []);
  const cookie = await served('/cookie', { headers: { Cookie: `a=1; session=${token}; b=2` } });
  assert.deepEqual(foldedValues(cookie, 'cookie'), ['a=1; b=2']);
  const onlyCookie = await served('/cookie', { headers: { Cookie: `session=${token}` } });
  assert.deepEqual(foldedValues(onlyCookie, 'cookie'), []);
  assert.equal((await served(`/query?a=%2f&access_token=${token}&b=//`, {})).target, '/query?a=%2f&b=//');
  assert.equal((await served(`/query?access_token=${token}`, {})).target, '/query');
  for (const received of upstream.received) assert.ok(!JSON.stringify(received).includes(token));
});

test('HDR-13 a look-alike of Authorization does not reach the service either', async () => {
  const spellings = ['authorization_', 'Authorization.', '_authorization'].map((name) => [name, 'Bearer x'] as const);
  const seen = await served('/header', { headers: [['Authorization', bearer], ...spellings] });
  assert.doesNotMatch(JSON.stringify(seen.headers), /authorization/i);
});

test('a route that says so hands the token on', async () => {
  assert.deepEqual(foldedValues(await served('/kept', { headers: { Authorization: bearer } }), 'authorization'), [
    bearer,
  ]);
});
