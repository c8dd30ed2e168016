import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import { normalizePath } from '../../src/route/path.ts';
import { ask, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { askAll } from '../support/pipeline.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { name: public, path: /public/*, kind: operations, upstream: orders, auth: none, rate_limit: none }
  - { name: admin, path: /api/v1/admin/*, kind: internal, upstream: orders, auth: { issuer: main, scopes: [admin] }, rate_limit: none }
  - { name: api, path: /api/v1/*, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
  - { name: user, path: /users/:id, kind: operations, upstream: orders, auth: none, rate_limit: none }
  - { name: me, path: /users/me, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

async function refused(status: number, code: string, paths: readonly string[]): Promise<void> {
  const before = upstream.received.length;
  for (const path of paths) {
    const reply = await ask(gateway.port, path);
    assert.equal(reply.status, status, path);
    assert.equal(reply.json().code, code);
  }
  assert.equal(upstream.received.length, before);
  assert.equal((await ask(gateway.port, '/public/x')).status, 200);
}

test('PATH-01 PATH-02 the normal form is matched and sent', async () => {
  for (const [path, sent] of [
    ['/public/./a/../b', '/public/b'],
    ['/x/%2e%2e/public/%61', '/public/a'],
    ['/public/a/.%2E', '/public/'],
    ['/%70ublic/%c3%a9', '/public/%C3%A9'],
  ] as const) {
    const reply = await ask(gateway.port, path);
    assert.equal(reply.json<Received>().target, sent);
  }
});

test('PATH-01 PATH-02 no spelling of the public path leads to the admin route without a token', async () => {
  await refused(401, 'missing_token', [
    '/public/../api/v1/admin',
    '/public/%2e%2e/api/v1/admin',
    '/public/.%2E/api/v1/%61dmin',
    '/./api/./v1/admin/',
  ]);
});

test('PATH-03 PATH-04 PATH-05 PATH-06 PATH-07 PATH-08 PATH-09 PATH-12 what two servers may read in two ways is refused', async () => {
  await refused(400, 'malformed_request', [
    '/public/..%2fapi/v1/admin',
    '/public%2F..%2Fapi',
    '/public/%5c..%5capi',
    '/public\\..\\api',
    '/public/%252e%252e/api/v1/admin',
    '/public/%25',
    '//public/x',
    '/public//x',
    '/public/;x=1',
    '/public/..;/api/v1/admin',
    '/public/.;/x',
    '/public/%3b',
    '/public/%c0%ae%c0%ae/api',
    '/public/%u002e',
    '/public/%zz',
    '/public/%',
    '/public/%00',
    '/public/%0a',
    '/public/%0d%0aX:%20y',
    '/public/\x01',
    '/public/é',
    '/..',
    '/../public/x',
    '/public/../../x',
    '/public/x#y',
    '/#/public/x',
  ]);
});

test('PATH-10 PATH-11 another case, a trailing dot and half a segment are other paths, and the default is no route', async () => {
  await refused(404, 'no_route', [
    '/PUBLIC/x',
    '/API/V1/ADMIN',
    '/publicity',
    '/publi',
    '/public.',
    '/public%20',
    '/',
    '/api/v10',
  ]);
  // Below the same segments it is the same policy.
  await refused(401, 'missing_token', [
    '/api/v1',
    '/api/v1/',
    '/api/v1/ADMIN',
    '/api/v1/admin',
    '/api/v1/admin/',
    '/api/v1/admin%20',
  ]);
});

test('PATH-16 the most specific route decides, whatever the order', async () => {
  await refused(401, 'missing_token', ['/users/me', '/users/%6de']);
  assert.equal((await ask(gateway.port, '/users/you')).status, 200);
  const headers = { Authorization: `Bearer ${await issuer.mint()}` };
  assert.equal((await ask(gateway.port, '/api/v1/x', { headers })).status, 200);
  assert.equal((await ask(gateway.port, '/api/v1/admin/x', { headers })).json().code, 'insufficient_scope');
});

test('PATH-13 the query is sent byte for byte', async () => {
  for (const query of ['?a=%2f&b=//&c=../', '?', '?a=1&a=2&&', "?x=%zz&y=;'()*", '?/../?', '?%00=%0a']) {
    assert.equal((await ask(gateway.port, `/public/x${query}`)).json<Received>().target, `/public/x${query}`);
  }
});

const PIECES =
  '/ / . .. public api v1 admin users me a B % %2e %2E %2f %5C %25 %70 %c3%a9 %C3 %20 %21 ; : \\ - %00 ..; //'.split(
    ' ',
  );
const hostilePath = fc.array(fc.constantFrom(...PIECES), { maxLength: 9 });

test('PATH-23 of 3,000 random paths each reaches the service in the form that was matched, or not at all', async () => {
  const fronts = ['/public/', '/users/', '/'];
  const paths = fc
    .sample(hostilePath, { numRuns: 3000, seed: 7 })
    .map((parts, at) => fronts[at % 3]! + parts.join(at % 2 === 0 ? '/' : ''));
  const before = upstream.received.length;
  const replies = await askAll(
    gateway.port,
    paths.map((path) => requestText(path)),
  );
  let served = 0;
  for (const [at, reply] of replies.entries()) {
    const path = paths[at]!;
    const normal = normalizePath(path);
    if (normal === undefined) assert.equal(reply.status, 400, path);
    if (reply.status !== 200) continue;
    served++;
    assert.equal(reply.json<Received>().target, normal);
    // Nobody without a token gets anywhere but to the two open routes.
    assert.match(normal!, /^\/public(?:\/|$)|^\/users\/(?!me$)[^/]+$/);
  }
  assert.equal(upstream.received.length, before + served);
  assert.ok(served > 200, `only ${served} were served`);
});
