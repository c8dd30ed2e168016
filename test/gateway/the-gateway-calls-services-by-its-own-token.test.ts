import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { test, type TestContext } from 'node:test';
import { ask, type Ask } from '../support/client.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const SECRET = 'a secret of this test: +&=%';

/** A token endpoint that gives `token-1`, `token-2`, …, and a service that takes those that `takes` says. */
async function setUp(t: TestContext, takes: (authorization: string) => boolean = () => true, clock?: FakeClock) {
  const endpoint = await startIssuer();
  const asked: { authorization: string | undefined; form: string }[] = [];
  const give: RequestListener = (request, response) => {
    let form = '';
    request.on('data', (bytes) => (form += String(bytes)));
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, form });
      response.end(JSON.stringify({ access_token: `token-${asked.length}`, token_type: 'Bearer', expires_in: 100 }));
    });
  };
  endpoint.answerWith(give);
  const seen: string[] = [];
  const service = await startUpstream({
    behaviour(socket) {
      socket.on('data', (bytes) => {
        const fields = [...String(bytes).matchAll(/^authorization: (.*)\r$/gim)].map(([, value]) => value!);
        seen.push(fields.join(' | '));
        const status = takes(fields[0] ?? '') ? '200 OK' : '401 Unauthorized';
        socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
      });
    },
  });
  const start = () =>
    startGateway(
      `
upstreams:
  service:
    targets: ["${service.url}"]
    client_credentials:
      token_endpoint: ${endpoint.jwksUri}
      client_id: gateway
      client_secret: "\${SECRET}"
      scopes: [orders:read, orders:write]
      resource: [https://orders.internal]
routes: [{ path: /*, kind: operations, upstream: service, auth: none, rate_limit: none }]
`,
      { env: { SECRET }, ...(clock && { clock }) },
    );
  t.after(() => Promise.all([service.close(), endpoint.close()]));
  return { endpoint, give, asked, seen, start };
}

test('OA-14 requests carry one token of the gateway, whatever the caller sent, and 200 at a cold start ask for it once', async (t) => {
  const { asked, seen, start } = await setUp(t);
  const gateway = await start();
  t.after(() => gateway.close());
  const replies = await Promise.all(
    Array.from({ length: 200 }, () => ask(gateway.port, '/', { headers: { Authorization: 'Bearer of-the-caller' } })),
  );
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
  assert.deepEqual(new Set(seen), new Set(['Bearer token-1']));
  assert.equal(asked.length, 1);
  const [id, secret] = Buffer.from(asked[0]!.authorization!.slice('Basic '.length), 'base64').toString().split(':');
  assert.equal(id, 'gateway');
  assert.equal(new URLSearchParams(`s=${secret}`).get('s'), SECRET, 'form-urlencoded (RFC 6749 §2.3.1)');
  assert.deepEqual(
    [...new URLSearchParams(asked[0]!.form)],
    [
      ['grant_type', 'client_credentials'],
      ['scope', 'orders:read orders:write'],
      ['resource', 'https://orders.internal'],
    ],
  );
  const metrics = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
  assert.match(metrics, /gatehouse_client_token_requests_total\{upstream="service"\} 1\n/);
  for (const text of [metrics, gateway.accessText(), JSON.stringify(gateway.events)]) {
    assert.ok(!text.includes('token-1') && !text.includes(SECRET) && !text.includes('of-the-caller'));
  }
});

test('OA-14 a token that the service takes no more is replaced once for all who were refused, and they hear nothing of it', async (t) => {
  const { asked, seen, start } = await setUp(t, (authorization) => authorization !== 'Bearer token-1');
  const gateway = await start();
  t.after(() => gateway.close());
  const replies = await Promise.all(Array.from({ length: 50 }, () => ask(gateway.port, '/')));
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]));
  assert.equal(asked.length, 2);
  assert.equal(seen.filter((one) => one === 'Bearer token-2').length, 50);
  assert.ok(gateway.events.some(({ event }) => event === 'client_token_refused'));
});

test('OA-14 a service that takes no token gets each request twice at most, and the endpoint is asked once more, not for ever', async (t) => {
  const { asked, seen, start } = await setUp(t, () => false);
  const gateway = await start();
  t.after(() => gateway.close());
  assert.equal((await ask(gateway.port, '/')).status, 401, 'its own answer');
  assert.deepEqual(seen, ['Bearer token-1', 'Bearer token-2']);
  for (let call = 0; call < 10; call++) assert.equal((await ask(gateway.port, '/')).status, 401);
  assert.equal(seen.length, 12);
  assert.equal(asked.length, 2);
});

test('OA-14 a request with a body is not sent twice: the next one has the fresh token', async (t) => {
  const { asked, seen, start } = await setUp(t, (authorization) => authorization !== 'Bearer token-1');
  const gateway = await start();
  t.after(() => gateway.close());
  const post: Ask = { method: 'POST', body: 'x' };
  assert.equal((await ask(gateway.port, '/', post)).status, 401);
  assert.equal((await ask(gateway.port, '/', post)).status, 200);
  assert.deepEqual(seen, ['Bearer token-1', 'Bearer token-2']);
  assert.equal(asked.length, 2);
});

test('OA-15 with the endpoint down from the start requests are 503 at once, and it recovers by itself', async (t) => {
  const clock = createFakeClock();
  const { endpoint, seen, start } = await setUp(t, undefined, clock);
  endpoint.goDown();
  const gateway = await start();
  t.after(() => gateway.close());
  const refused = await ask(gateway.port, '/');
  assert.deepEqual([refused.status, refused.json().code], [503, 'credentials_unavailable']);
  assert.match(refused.headers.get('retry-after')!, /^[1-9]\d*$/);
  for (let call = 0; call < 20; call++) assert.equal((await ask(gateway.port, '/')).status, 503);
  assert.equal(seen.length, 0);
  assert.equal(gateway.events.filter(({ event }) => event === 'client_token_failed').length, 1, 'it is left alone');
  assert.equal((await fetch(`http://127.0.0.1:${gateway.adminPort}/readyz`)).status, 200, 'other routes are served');
  endpoint.comeUp();
  clock.advance(1000);
  assert.equal((await ask(gateway.port, '/')).status, 200);
});

test('OA-15 with the endpoint down later the token serves to its end, then 503', async (t) => {
  const clock = createFakeClock();
  const { endpoint, start } = await setUp(t, undefined, clock);
  const gateway = await start();
  t.after(() => gateway.close());
  assert.equal((await ask(gateway.port, '/')).status, 200);
  endpoint.goDown();
  clock.advance(99_000);
  assert.equal((await ask(gateway.port, '/')).status, 200);
  clock.advance(1000);
  assert.equal((await ask(gateway.port, '/')).json().code, 'credentials_unavailable');
});

test('OA-15 an endpoint that does not answer is given up after 5 s, and those who waited are 503', async (t) => {
  const clock = createFakeClock();
  const { endpoint, start } = await setUp(t, undefined, clock);
  endpoint.answerWith(() => {});
  const gateway = await start();
  t.after(() => gateway.close());
  const waiting = ask(gateway.port, '/');
  await eventually(async () => (endpoint.fetches() === 1 ? true : undefined));
  await eventually(async () => (gateway.plan.upstreams[0]!.bulkhead.inside === 1 ? true : undefined));
  clock.advance(5000);
  assert.equal((await waiting).json().code, 'credentials_unavailable');
});

test('OA-15 rubbish from the endpoint is no token', async (t) => {
  const { endpoint, give, start } = await setUp(t);
  const good = { access_token: 'abc', token_type: 'Bearer', expires_in: 100 };
  const rubbish: readonly [answer: string, status: number, error: RegExp][] = [
    ['<html>', 200, /not a JSON object/],
    ['[]', 200, /not a JSON object/],
    ['{}', 200, /access_token/],
    [JSON.stringify({ ...good, access_token: 'a\r\nX-User: admin' }), 200, /access_token/],
    [JSON.stringify({ ...good, access_token: 7 }), 200, /access_token/],
    [JSON.stringify({ ...good, token_type: 'DPoP' }), 200, /token_type/],
    [JSON.stringify({ ...good, expires_in: '100' }), 200, /expires_in/],
    [JSON.stringify({ ...good, expires_in: 0 }), 200, /expires_in/],
    ['{"error":"invalid_client","error_description":"echoed secret"}', 401, /^status 401: invalid_client$/],
    ['{"error":"echoed secret"}', 400, /^status 400$/],
    [JSON.stringify(good), 302, /^status 302$/],
    [JSON.stringify(good), 500, /^status 500$/],
    ['x'.repeat(300_000), 200, /bytes/],
  ];
  for (const [answer, status, error] of rubbish) {
    endpoint.answerWith((_request, response) => response.writeHead(status).end(answer));
    const gateway = await start();
    try {
      assert.equal((await ask(gateway.port, '/')).json().code, 'credentials_unavailable', answer.slice(0, 80));
      const failed = gateway.events.find(({ event }) => event === 'client_token_failed');
      assert.match(String(failed?.fields.error), error);
    } finally {
      await gateway.close();
    }
  }
  endpoint.answerWith(give);
});

test('OA-14 the authorization server of another gateway gives the token, which opens a third', async (t) => {
  const secret = randomBytes(32).toString('base64url');
  const service = await startUpstream();
  const inner = await startGateway(`
oauth2:
  issuer: https://inner.internal
  store: sqlite:${createFolder()}/gatehouse.db
  audience: internal
  clients: { outer: { secret_sha256: ${createHash('sha256').update(secret).digest('hex')}, scopes: [orders:read] } }
upstreams: { service: { targets: ["${service.url}"] } }
routes:
  - path: /*
    kind: internal
    upstream: service
    auth: { issuer: self, scopes: [orders:read] }
    rate_limit: none
    plugins: [inject-claims: { headers: { X-Client-ID: client_id } }]
`);
  const outer = await startGateway(
    `
upstreams:
  inner:
    targets: ["http://127.0.0.1:${inner.port}"]
    client_credentials:
      token_endpoint: http://127.0.0.1:${inner.port}/oauth2/token
      client_id: outer
      client_secret: "\${SECRET}"
      auth_method: client_secret_post
      resource: [internal]
routes: [{ path: /*, kind: operations, upstream: inner, auth: none, rate_limit: none }]
`,
    { env: { SECRET: secret } },
  );
  t.after(() => Promise.all([outer.close(), inner.close(), service.close()]));
  const reply = await ask(outer.port, '/orders');
  assert.equal(reply.status, 200, reply.body);
  const { headers } = reply.json<Received>();
  assert.deepEqual(
    headers.find(([name]) => name === 'X-Client-ID'),
    ['X-Client-ID', 'outer'],
  );
});
