import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, type Ask, type Reply } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream({
  replyHeaders:
    'Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: X-Secret\r\n',
});
const gone = await startUpstream();
await gone.close();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams:
  orders: { targets: ["${upstream.url}"] }
  gone: { targets: ["${gone.url}"], circuit_breaker: { minimum_requests: 1 } }
cors:
  origins: ["https://app.example", "https://*.tenant.example"]
  methods: [GET, POST]
  headers: [authorization, content-type]
  expose_headers: [retry-after]
  credentials: true
  max_age: 10m
routes:
  - { path: /guarded, kind: internal, upstream: orders, auth: { issuer: main, scopes: { GET: [orders:read], POST: [orders:write], OPTIONS: [orders:read] } }, rate_limit: none }
  - { path: /limited, methods: [GET], kind: public, upstream: orders, auth: none, rate_limit: { quota: 2/min, by: address } }
  - { path: /gone, kind: operations, upstream: gone, auth: none, rate_limit: none }
  - { path: /own, kind: operations, upstream: orders, auth: none, rate_limit: none, cors: none }
  - { path: /any, kind: operations, upstream: orders, auth: none, rate_limit: none, cors: { origins: ["*"] } }
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const APP = 'https://app.example';
const from = (
  Origin: string,
  path: string,
  { method = 'GET', ...more }: { method?: string; [name: string]: string } = {},
) => ask(gateway.port, path, { method, headers: { Origin, ...more } } satisfies Ask);
const preflight = (Origin: string, path: string, method: string, more: Record<string, string> = {}) =>
  from(Origin, path, { method: 'OPTIONS', 'Access-Control-Request-Method': method, ...more });

function assertReadable(reply: Reply, origin = APP): void {
  assert.equal(reply.headers.get('access-control-allow-origin'), origin);
  assert.equal(reply.headers.get('access-control-allow-credentials'), 'true');
  assert.equal(reply.headers.get('access-control-expose-headers'), 'retry-after');
  assert.equal(reply.headers.get('vary'), 'Origin');
}

function assertUnreadable(reply: Reply, what: string): void {
  assert.ok(![...reply.headers.keys()].some((name) => name.startsWith('access-control-')), what);
  assert.equal(reply.headers.get('vary'), 'Origin', what);
}

test('CORS-05 a page can read refusals: 401, 403, 429, 502 and 503', async () => {
  const weak = { Authorization: `Bearer ${await issuer.mint({ scope: 'other' })}` };
  for (const [status, code, reply] of [
    [401, 'missing_token', await from(APP, '/guarded')],
    [401, 'invalid_token', await from(APP, '/guarded', { Authorization: 'Bearer a.b.c' })],
    [403, 'insufficient_scope', await from(APP, '/guarded', weak)],
    [502, 'upstream_unreachable', await from(APP, '/gone')],
    [503, 'circuit_open', await from(APP, '/gone')],
  ] as const) {
    assert.equal(reply.status, status);
    assert.equal(reply.json().code, code);
    assertReadable(reply);
  }
  for (let at = 0; at < 2; at++) assertReadable(await from(APP, '/limited'));
  const limited = await from(APP, '/limited');
  assert.equal(limited.json().code, 'rate_limited');
  assertReadable(limited);
});

test('CORS-04 the gateway speaks for the route, and the service only where the route leaves it to it', async () => {
  const reply = await from(APP, '/guarded', { Authorization: `Bearer ${await issuer.mint()}` });
  assert.equal(reply.status, 200);
  assertReadable(reply);
  assertUnreadable(
    await from('https://evil.example', '/guarded', { Authorization: `Bearer ${await issuer.mint()}` }),
    'evil',
  );
  assert.equal((await from(APP, '/own')).headers.get('access-control-allow-origin'), '*');
});

test('CORS-03 OA-11 a preflight is answered without a token, costs no quota and reaches no service', async () => {
  const before = upstream.received.length;
  for (let at = 0; at < 5; at++) {
    for (const path of ['/guarded', '/limited']) {
      const reply = await preflight(APP, path, 'GET', {
        'Access-Control-Request-Headers': 'Authorization, content-type',
      });
      assert.equal(reply.status, 204);
      assert.equal(reply.headers.get('access-control-allow-origin'), APP);
      assert.equal(reply.headers.get('access-control-allow-methods'), 'GET, POST');
      assert.equal(reply.headers.get('access-control-allow-headers'), 'authorization, content-type');
      assert.equal(reply.headers.get('access-control-max-age'), '600');
      assert.equal(reply.headers.get('vary'), 'Origin');
      assert.equal(reply.headers.get('ratelimit'), undefined);
    }
  }
  assert.equal(upstream.received.length, before);
});

test('CORS-03 a preflight that asks for more gets no allow header', async () => {
  const before = upstream.received.length;
  for (const [what, reply] of [
    ['a method', await preflight(APP, '/guarded', 'DELETE')],
    ['a method in another case', await preflight(APP, '/guarded', 'get')],
    [
      'a header',
      await preflight(APP, '/guarded', 'GET', { 'Access-Control-Request-Headers': 'authorization, x-other' }),
    ],
    [
      'a private network',
      await preflight(APP, '/guarded', 'GET', { 'Access-Control-Request-Private-Network': 'true' }),
    ],
    ['another origin', await preflight('https://evil.example', '/guarded', 'GET')],
  ] as const) {
    assert.equal(reply.status, 204, what);
    assertUnreadable(reply, what);
  }
  assert.equal(upstream.received.length, before);
});

test('OA-11 any other OPTIONS needs a token like every request', async () => {
  const before = upstream.received.length;
  for (const headers of [{}, { Origin: APP }, { 'Access-Control-Request-Method': 'GET' }]) {
    const reply = await ask(gateway.port, '/guarded', { method: 'OPTIONS', headers });
    assert.equal(reply.status, 401);
    assert.equal(reply.json().code, 'missing_token');
  }
  assert.equal(upstream.received.length, before);
  const headers = { Authorization: `Bearer ${await issuer.mint()}` };
  assert.equal((await ask(gateway.port, '/guarded', { method: 'OPTIONS', headers })).status, 200);
});

test('CORS-01 CORS-06 no hostile origin is reflected, to a request or a preflight', async () => {
  for (const origin of [
    'null',
    'https://app.example.evil.example',
    'https://appXexample',
    'https://evilapp.example',
    'http://app.example',
    'https://app.example:443',
    'https://app.example/',
    'https://APP.example',
    'https://app.example, https://evil.example',
    'https://app.example%60.evil.example',
    'https://user@app.example',
    'https://tenant.example',
    'https://xtenant.example',
    'https://.tenant.example',
    'https://a..tenant.example',
    'https://evil.example/.tenant.example',
    'https://evil.example?.tenant.example',
    'https://a.tenant.example.evil.example',
    'https://a_b.tenant.example',
    'https://é.tenant.example',
    'file://',
    '*',
    '',
  ]) {
    assertUnreadable(await from(origin, '/guarded'), origin);
    assertUnreadable(await preflight(origin, '/guarded', 'GET'), origin);
  }
  assertReadable(await from('https://a.b.tenant.example', '/guarded'), 'https://a.b.tenant.example');
});

test('CORS-01 without an Origin the reply still varies by it, and for any origin it does not', async () => {
  assertUnreadable(await ask(gateway.port, '/guarded'), 'no origin');
  const any = await from('https://whoever.example', '/any');
  assert.equal(any.headers.get('access-control-allow-origin'), '*');
  assert.equal(any.headers.get('access-control-allow-credentials'), undefined);
});

test('CORS-02 any origin with credentials does not start', async () => {
  const yaml = `
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /, kind: operations, upstream: orders, auth: none, cors: { origins: ["*"], credentials: true } }
`;
  await assert.rejects(startGateway(yaml), /credentials/);
});
