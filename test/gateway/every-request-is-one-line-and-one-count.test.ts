import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw } from '../support/client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const FIELDS =
  'time request_id method path route status duration_ms upstream upstream_ms address subject client_id bytes_in bytes_out';

const issuer = await startIssuer();
after(issuer.close);

async function setUp() {
  const upstream = await startUpstream();
  const gone = await startUpstream();
  await gone.close();
  const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams:
  orders: { targets: ["${upstream.url}"] }
  gone: { targets: ["${gone.url}"], circuit_breaker: { minimum_requests: 2 } }
cors: { origins: ["https://app.example"], headers: [authorization] }
rate_limits: { user: { quota: 5/min, by: user } }
routes:
  - { name: guarded, path: /guarded, kind: public, upstream: orders, auth: { issuer: main, scopes: { GET: [orders:read], POST: [orders:read], PUT: [other] } }, rate_limit: user }
  - { name: gone, path: /gone, kind: operations, upstream: gone, auth: none, rate_limit: none }
  - { name: open, path: /open, kind: operations, upstream: orders, auth: none, rate_limit: none }
`);
  return { gateway, upstream };
}

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

async function linesOf(gateway: TestGateway): Promise<Record<string, unknown>[]> {
  await gateway.close();
  return gateway.accessLines(0);
}

test('OBS-03 an access line has exactly its fields, and a refusal if and only if the gateway gave the answer', async (t) => {
  const { gateway, upstream } = await setUp();
  t.after(() => Promise.all([gateway.close(), upstream.close()]));
  const token = await issuer.mint({ client_id: 'app' });
  const served = await ask(gateway.port, '/guarded?a=1&token=x', { method: 'POST', ...bearer(token), body: 'hello' });
  await ask(gateway.port, '/guarded');
  await ask(gateway.port, '/guarded', bearer(await issuer.mint({ exp: 1 })));
  await ask(gateway.port, '/nowhere');
  await ask(gateway.port, '/gone');
  await ask(gateway.port, '/guarded', {
    method: 'OPTIONS',
    headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' },
  });
  const lines = await linesOf(gateway);
  for (const line of lines) {
    const refused = Object.keys(line).slice(FIELDS.split(' ').length);
    assert.equal(Object.keys(line).slice(0, FIELDS.split(' ').length).join(' '), FIELDS);
    assert.ok(['', 'refusal,stage', 'refusal,stage,reason'].includes(refused.join()), refused.join());
  }
  const [first, ...others] = lines;
  const { time, request_id, duration_ms, upstream_ms, ...rest } = first!;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(request_id, served.headers.get('x-request-id'));
  assert.ok(Number(duration_ms) >= Number(upstream_ms) && Number(upstream_ms) >= 0);
  assert.deepEqual(rest, {
    method: 'POST',
    path: '/guarded?a=1&token=***',
    route: 'guarded',
    status: 200,
    upstream: 'orders',
    address: '127.0.0.1',
    subject: 'user-1',
    client_id: 'app',
    bytes_in: 5,
    bytes_out: Buffer.byteLength(served.body),
  });
  const seen = others.map(({ status, route, upstream: asked, refusal, reason, subject }) => [
    status,
    route,
    asked,
    refusal,
    reason,
    subject,
  ]);
  assert.deepEqual(seen, [
    [401, 'guarded', null, 'missing_token', undefined, null],
    [401, 'guarded', null, 'invalid_token', 'expired', null],
    [404, null, null, 'no_route', undefined, null],
    [502, 'gone', null, 'upstream_unreachable', undefined, null],
    [204, 'guarded', null, undefined, undefined, null],
  ]);
});

test('OBS-02 nothing that a caller sends makes a second line, moves a terminal or grows without end', async (t) => {
  const { gateway, upstream } = await setUp();
  t.after(() => Promise.all([gateway.close(), upstream.close()]));
  const hostile = [
    'a\r\n{"status":200}',
    '\u001b[2J\u001b]0;x\u0007',
    '\u009b31m',
    '\u2028\u2029',
    '\u202e\u2066',
    '"}\n{"x":"',
    '\u0000\u007f',
    '\ufeff',
    'x'.repeat(3000),
  ];
  for (const sub of hostile) await ask(gateway.port, '/guarded', bearer(await issuer.mint({ sub, client_id: sub })));
  for (const path of ['/%0d%0aX', '/%1b[2J', '/%e2%80%ae', `/${'a'.repeat(7000)}`, '/open?\'"%0d%0a%1b\\'])
    await ask(gateway.port, path);
  await ask(gateway.port, '/open', { headers: { 'X-Request-ID': '"}{"', 'User-Agent': '\x80\x9b[2J', Host: 'evil' } });
  const connection = await connectRaw(gateway.port);
  connection.send('GET /\x1b[2J HTTP/1.1\r\nHost: a\r\n\r\n');
  await connection.reply();
  connection.close();
  const lines = await linesOf(gateway);
  assert.equal(lines.length, hostile.length + 7);
  for (const line of gateway.accessText().split('\n')) {
    assert.match(line, /^[\x20-\x7e\u00a0-\u2027\u202f-\u2065\u206a-\ufefe\uff00-\uffff]*$/u);
    assert.ok(line.length < 5000, String(line.length));
  }
  const subjects = lines.map(({ subject }) => subject).filter((subject) => subject !== null);
  assert.deepEqual(subjects.slice(0, 8), hostile.slice(0, 8), 'and yet it is all there');
});

test('OBS-03 the metrics agree with a counting client to the unit', async (t) => {
  const { gateway, upstream } = await setUp();
  t.after(() => Promise.all([gateway.close(), upstream.close()]));
  const counts = new Map<string, number>();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  let connections = 0;
  const call = async (route: string, path: string, options: Parameters<typeof ask>[2] = {}) => {
    connections++;
    const reply = await ask(gateway.port, path, options);
    count(`gatehouse_requests_total{route="${route}",status_class="${Math.floor(reply.status / 100)}xx"}`);
    count(`gatehouse_request_duration_seconds_count{route="${route}"}`);
    if (reply.headers.get('content-type') !== 'application/problem+json') return;
    const { code, reason = '' } = reply.json();
    count(`gatehouse_refusals_total{code="${code}",reason="${reason}"}`);
  };
  for (let at = 0; at < 3; at++) {
    for (const sub of ['u1', 'u2', 'u3']) {
      const token = await issuer.mint({ sub });
      for (let time = 0; time < 3; time++) await call('guarded', '/guarded', bearer(token));
      await call('guarded', '/guarded', { method: 'PUT', ...bearer(token), body: '' });
    }
    await call('guarded', '/guarded');
    await call('guarded', '/guarded', bearer(await issuer.mint({ exp: 1 })));
    await call('guarded', '/guarded', bearer(await issuer.mint({ aud: 'x' })));
    await call('guarded', '/guarded', bearer('a.b.c'));
    // A head that cannot be read has no route.
    await call('', '/guarded', { headers: { 'Content-Length': 'x' } });
    await call('open', '/open');
    await call('gone', '/gone');
    await call('', '/nowhere');
  }
  const text = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
  const metrics = new Map(text.split('\n').map((line) => line.split(/ (?=\S+$)/) as [string, string]));
  const valueOf = (name: string) => Number(metrics.get(name));
  for (const [name, value] of counts) assert.equal(valueOf(name), value, name);
  const sumOf = (family: string) =>
    [...metrics].filter(([name]) => name.startsWith(`${family}{`)).reduce((sum, [, value]) => sum + Number(value), 0);
  assert.equal(sumOf('gatehouse_requests_total'), connections);
  assert.equal(valueOf('gatehouse_connections_total'), connections);
  assert.equal(valueOf('gatehouse_limit_decisions_total{limit="user",decision="allowed"}'), 15);
  assert.equal(valueOf('gatehouse_limit_decisions_total{limit="user",decision="refused"}'), 12);
  assert.equal(upstream.received.length, 15 + 3);
  assert.equal(sumOf('gatehouse_circuit_openings_total'), 1);
});
