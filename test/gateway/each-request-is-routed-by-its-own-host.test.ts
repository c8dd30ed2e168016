import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
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
  - { path: /*, host: public.example, kind: operations, upstream: orders, auth: none, rate_limit: none }
  - { path: /*, host: admin.example, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
  - { path: /*, host: "*.tenant.example", kind: operations, upstream: orders, auth: none, rate_limit: none }
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const at = (Host: string, path = '/', more: Record<string, string> = {}) =>
  ask(gateway.port, path, { headers: { Host, ...more } });

test('PATH-20 every request on a connection is judged by its own host', async () => {
  const before = upstream.received.length;
  const connection = await connectRaw(gateway.port);
  const hosts = ['public.example', 'admin.example', 'public.example', 'nobody.example', 'admin.example'];
  connection.send(hosts.map((Host) => requestText('/x', { headers: { Host } })).join(''));
  const statuses = [];
  for (const _ of hosts) statuses.push((await connection.reply()).status);
  connection.close();
  assert.deepEqual(statuses, [200, 401, 200, 404, 401]);
  assert.equal(upstream.received.length, before + 2);
});

test('PATH-17 a Host that is not exactly one host is refused', async () => {
  const before = upstream.received.length;
  for (const value of [
    '',
    'a@public.example',
    'public.example/x',
    'public.example, admin.example',
    'public example',
    'public.example:x',
    'public.example:99999',
    'http://public.example',
    '[::1',
    'public.example:80:80',
    'é.example',
    '%70ublic.example',
  ]) {
    const reply = await at(value);
    assert.equal(reply.status, 400, value);
    assert.equal(reply.json().code, 'malformed_request');
  }
  const twice = await ask(gateway.port, '/', {
    headers: [
      ['Host', 'public.example'],
      ['host', 'public.example'],
    ],
  });
  assert.equal(twice.status, 400);
  const connection = await connectRaw(gateway.port);
  connection.send('GET / HTTP/1.1\r\n\r\n');
  assert.equal((await connection.reply()).status, 400);
  assert.equal(upstream.received.length, before);
  for (const value of [
    'public.example',
    'PUBLIC.example',
    'public.example:8080',
    'public.example.',
    'a.b.tenant.example',
  ])
    assert.equal((await at(value)).status, 200, value);
  assert.equal((await at('[::1]:80')).json().code, 'no_route');
});

test('PATH-18 an absolute target names the host, and the service hears that one', async () => {
  const reply = await at('public.example', 'http://admin.example/x');
  assert.equal(reply.status, 401, 'the other host of the field opens nothing');
  const open = await at('admin.example', 'http://public.example:81/x?y');
  assert.equal(open.json<Received>().target, '/x?y');
  assert.deepEqual(foldedValues(open.json<Received>(), 'host'), ['public.example:81']);
  assert.equal((await at('public.example', 'http://user@public.example/')).status, 400);
  assert.equal((await at('public.example', 'http:///x')).status, 400);
});

test('PATH-19 other forms of target are refused', async () => {
  const before = upstream.received.length;
  for (const [method, target] of [
    ['GET', '*'],
    ['GET', 'admin'],
    ['GET', 'public.example:80'],
    ['GET', '?x'],
    ['OPTIONS', '*/x'],
    ['OPTIONS', '*'],
    ['GET', 'ftp://public.example/'],
    ['GET', ''],
  ] as const) {
    const reply = await ask(gateway.port, target, { method, headers: { Host: 'public.example' } });
    assert.equal(reply.status, 400, `${method} ${target}`);
    assert.equal(reply.json().code, 'malformed_request');
  }
  const connect = await ask(gateway.port, 'public.example:80', {
    method: 'CONNECT',
    headers: { Host: 'public.example' },
  });
  assert.equal(connect.json().code, 'method_not_allowed');
  assert.equal(upstream.received.length, before);
  assert.equal((await at('public.example')).status, 200);
});

test('PATH-21 a host that is not served is no route', async () => {
  for (const host of ['other.example', 'tenant.example', 'public.example.evil', 'xadmin.example', '127.0.0.1']) {
    assert.equal((await at(host)).json().code, 'no_route', host);
  }
});

test('PATH-22 IP-04 what a stranger says of another host or path decides nothing, and the service does not hear it', async () => {
  const poses = {
    'X-Forwarded-Host': 'public.example',
    'X-Forwarded-Uri': '/public',
    'X-Forwarded-Prefix': '/evil',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Port': '1',
    'X-Forwarded-Server': 'evil',
    'X-Forwarded-Method': 'EVIL',
    'X-Original-URL': '/evil',
    'X-Original-Uri': '/evil',
    'X-Original-Host': 'evil',
    'X-Rewrite-URL': '/evil',
    x_original_url: '/evil',
    Forwarded: 'for=evil;host=public.example',
    'X-Host': 'public.example',
  };
  assert.equal((await at('admin.example', '/x', poses)).status, 401);
  const received = (await at('public.example', '/x', poses)).json<Received>();
  assert.doesNotMatch(JSON.stringify(received), /evil/i);
  assert.deepEqual(foldedValues(received, 'x-forwarded-host'), ['public.example']);
  assert.deepEqual(foldedValues(received, 'x-forwarded-proto'), ['http']);
  assert.equal(received.target, '/x');
});
