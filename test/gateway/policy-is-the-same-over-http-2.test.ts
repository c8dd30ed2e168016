import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, type Problem } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { connectHttp2 } from '../support/http2-client.ts';
import { startIssuer } from '../support/issuer.ts';
import { until } from '../support/other-end.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream({ replyHeaders: 'Connection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n' });
const gateway = await startGateway(`
http2: { cleartext: true }
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: orders-api } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
rate_limits:
  plan: { by: user, quota: 1000/min }
  first: { by: address, quota: 2/hour }
  second: { by: address, quota: 2/hour }
routes:
  - path: /api/*
    kind: public
    methods: [GET, POST]
    upstream: orders
    auth: { issuer: main, required_claims: [sub], scopes: { GET: [], POST: [orders:write] } }
    rate_limit: plan
    max_body: 1kb
    cors: { origins: [https://app.test], headers: [authorization] }
    plugins:
      - inject-claims: { headers: { X-User-ID: sub } }
  - { path: /first, kind: authentication, upstream: orders, auth: none, rate_limit: first }
  - { path: /second, kind: authentication, upstream: orders, auth: none, rate_limit: second }
`);
const client = await connectHttp2(gateway.port);
after(async () => {
  client.close();
  await Promise.all([gateway.close(), upstream.close(), issuer.close()]);
});

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  /** Lower-case; of `headers`. */
  readonly header: (name: string) => unknown;
  readonly json: <T = Problem>() => T;
  readonly body: string;
}

/** One request, over either. */
const wires: Readonly<Record<string, (path: string, options?: Ask) => Promise<Answer>>> = {
  'HTTP/1.1': async (path, options) => {
    const reply = await ask(gateway.port, path, options);
    return { ...reply, header: (name) => reply.headers.get(name) };
  },
  'HTTP/2': async (path, options) => {
    const reply = await client.ask(path, options);
    return { ...reply, header: (name) => reply.headers[name] };
  },
};

const token = await issuer.mint({ sub: 'u-1', aud: 'orders-api', scope: 'orders:write' });
const poor = await issuer.mint({ sub: 'u-1', aud: 'orders-api' });
const expired = await issuer.mint({ sub: 'u-1', aud: 'orders-api', exp: 1 });
const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

for (const [wire, send] of Object.entries(wires)) {
  test(`over ${wire} a good token opens the route, and only the token says who it is`, async () => {
    const headers = { ...bearer(token), 'x-user-id': 'root', x_user_id: 'root', 'x-forwarded-for': '192.0.2.1' };
    const reply = await send('/api/a?b=c', { method: 'POST', headers, body: 'hello' });
    assert.equal(reply.status, 200, reply.body);
    assert.match(String(reply.header('ratelimit')), /^"plan";r=\d+;t=\d+$/);
    for (const name of ['x-hop', 'keep-alive']) assert.equal(reply.header(name), undefined);
    const seen = reply.json<Received>();
    const identity = seen.headers.filter(([name]) => /^x.user.id$/i.test(name));
    assert.deepEqual(identity, [['X-User-ID', 'u-1']]);
    assert.deepEqual(
      seen.headers.filter(([name]) => name.toLowerCase() === 'x-forwarded-for').map(([, value]) => value),
      ['127.0.0.1'],
    );
    assert.deepEqual([seen.method, seen.target, seen.body], ['POST', '/api/a?b=c', 'hello']);
  });

  test(`over ${wire} a missing, expired or weak token is refused as a problem with a challenge`, async () => {
    const rows = [
      [{}, 401, 'missing_token', /^Bearer realm="main"$/],
      [bearer(expired), 401, 'invalid_token', /error="invalid_token"/],
      [bearer(poor), 403, 'insufficient_scope', /scope="orders:write"/],
    ] as const;
    for (const [headers, status, code, challenge] of rows) {
      const reply = await send('/api/a', { method: 'POST', headers, body: 'hello' });
      assert.deepEqual([reply.status, reply.json().code], [status, code]);
      assert.equal(reply.header('content-type'), 'application/problem+json');
      assert.match(String(reply.header('www-authenticate')), challenge);
      assert.equal(reply.header('x-request-id'), reply.json().request_id);
    }
  });

  test(`over ${wire} a quota lets through what it says`, async () => {
    const path = wire === 'HTTP/2' ? '/second' : '/first';
    const statuses = [];
    for (let at = 0; at < 3; at++) statuses.push((await send(path)).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    // It is one quota, whatever is spoken.
    for (const sendElsewhere of Object.values(wires)) {
      const reply = await sendElsewhere(path);
      assert.deepEqual([reply.status, reply.json().code], [429, 'rate_limited']);
      assert.match(String(reply.header('retry-after')), /^\d+$/);
    }
  });

  test(`over ${wire} there is no way around path, method, size and loop`, async () => {
    const rows = [
      ['/nothing', {}, 'no_route'],
      ['/api/%2e%2e/%2fadmin', { headers: bearer(token) }, 'malformed_request'],
      ['/api/a', { method: 'DELETE', headers: bearer(token) }, 'method_not_allowed'],
      ['/api/a', { method: 'POST', headers: bearer(token), body: 'x'.repeat(1025) }, 'body_too_large'],
      ['/api/a', { headers: { ...bearer(token), 'x-big': 'x'.repeat(16_384) } }, 'headers_too_large'],
      [
        '/api/a',
        { headers: { ...bearer(token), via: '2.0 gatehouse, 1.1 gatehouse, 2.0 gatehouse' } },
        'loop_detected',
      ],
    ] as const;
    for (const [path, options, code] of rows) {
      const reply = await send(path, options);
      assert.equal(reply.json().code, code, path);
    }
  });

  test(`over ${wire} a preflight is answered`, async () => {
    const headers = { origin: 'https://app.test', 'access-control-request-method': 'GET' };
    const reply = await send('/api/a', { method: 'OPTIONS', headers });
    assert.deepEqual([reply.status, reply.body], [204, '']);
    assert.equal(reply.header('access-control-allow-origin'), 'https://app.test');
    assert.equal(reply.header('content-length'), undefined);
  });

  test(`over ${wire} a request is one access line with its bytes`, async () => {
    const path = `/api/line?wire=${wire.length}`;
    const reply = await send(path, { method: 'POST', headers: bearer(token), body: 'hello' });
    await until(() => gateway.accessText().includes(path));
    const lines = await gateway.accessLines(1);
    const line = lines.find((one) => one.path === path);
    assert.ok(line !== undefined);
    const { method, status, subject, address, bytes_in, bytes_out, refusal } = line;
    assert.deepEqual(
      { method, status, subject, address, bytes_in, bytes_out, refusal },
      {
        method: 'POST',
        status: 200,
        subject: 'u-1',
        address: '127.0.0.1',
        bytes_in: 5,
        bytes_out: reply.body.length,
        refusal: undefined,
      },
    );
  });
}
