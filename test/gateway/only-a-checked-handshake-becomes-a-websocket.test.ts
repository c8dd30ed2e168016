import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { oneRound, until } from '../support/other-end.ts';
import { startUpstream, type Received } from '../support/upstream.ts';
import { handshakeText, SWITCHED } from '../support/websocket.ts';

const issuer = await startIssuer();
const echo = await startUpstream();
/** Answers everything with `reply`, byte for byte, once `hold` lets it. */
let reply = '';
let hold = Promise.resolve();
let asked = '';
/** Whether a connection ends when it is used a second time. */
let once = false;
const scripted = await startUpstream({
  behaviour(socket) {
    let used = false;
    socket.on('data', (bytes) => {
      asked += bytes.toString('latin1');
      if (once && used) return void socket.resetAndDestroy();
      used = true;
      return void hold.then(() => socket.write(reply, 'latin1'));
    });
  },
});
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams:
  echo: { targets: ["${echo.url}"] }
  scripted: { targets: ["${scripted.url}"], circuit_breaker: off }
routes:
  - path: /guarded
    kind: public
    upstream: echo
    auth: { issuer: main, scopes: { GET: [orders:read] } }
    rate_limit: { quota: 1/min, by: user }
    upgrade: [websocket]
  - { path: /plain, kind: operations, upstream: echo, auth: none, rate_limit: none }
  - { path: /live, kind: operations, upstream: echo, auth: none, rate_limit: none, upgrade: [websocket] }
  - { path: /scripted, kind: operations, upstream: scripted, auth: none, rate_limit: none, upgrade: [websocket] }
  - { path: /unasked, kind: operations, upstream: scripted, auth: none, rate_limit: none }
`);
after(() => Promise.all([gateway.close(), echo.close(), scripted.close(), issuer.close()]));

async function send(text: string) {
  const connection = await connectRaw(gateway.port);
  connection.send(text);
  try {
    return await connection.reply();
  } finally {
    connection.close();
  }
}

const names = ({ headers }: Pick<Received, 'headers'>) => headers.map(([name]) => name.toLowerCase());

test('UPG-02 a WebSocket without a good token, the scope or the quota is refused before the service is asked', async () => {
  const bearer = async (claims: Record<string, unknown> = {}) => ({
    Authorization: `Bearer ${await issuer.mint(claims)}`,
  });
  for (const [code, headers] of [
    ['missing_token', {}],
    ['invalid_token', { Authorization: 'Bearer a.b.c' }],
    ['insufficient_scope', await bearer({ scope: 'other', sub: 'weak' })],
  ] as const) {
    assert.equal((await send(handshakeText('/guarded', headers))).json().code, code);
  }
  const connections = echo.connections();
  const good = await bearer();
  assert.equal((await send(handshakeText('/guarded', good))).status, 200);
  assert.equal((await send(handshakeText('/guarded', good))).json().code, 'rate_limited');
  assert.equal(connections, 0);
  assert.equal(echo.received.length, 1);
});

test('UPG-01 UPG-03 a route that does not say so, or a request that may not, is a request like any other', async () => {
  for (const [what, text] of [
    ['a route without upgrade', handshakeText('/plain')],
    ['no Connection option', handshakeText('/live', { Connection: undefined })],
    ['another option', handshakeText('/live', { Connection: 'keep-alive' })],
    ['another protocol', handshakeText('/live', { Upgrade: 'foo' })],
    [
      'h2c',
      handshakeText('/live', {
        Upgrade: 'h2c',
        Connection: 'Upgrade, HTTP2-Settings',
        'HTTP2-Settings': 'AAMAAABkAAQAAP__',
      }),
    ],
    ['two protocols', handshakeText('/live', { Upgrade: 'websocket, foo' })],
    ['a protocol with a version', handshakeText('/live', { Upgrade: 'websocket/13' })],
    ['HTTP/1.0', handshakeText('/live').replace('HTTP/1.1', 'HTTP/1.0')],
    [
      'HTTP/1.0 that would stay',
      handshakeText('/live', { Connection: 'Upgrade, keep-alive' }).replace('HTTP/1.1', 'HTTP/1.0'),
    ],
    ['POST', handshakeText('/live').replace('GET', 'POST')],
  ] as const) {
    const seen = await send(text);
    assert.equal(seen.status, 200, what);
    const request = seen.json<Received>();
    assert.equal(request.target, text.includes('/plain') ? '/plain' : '/live');
    assert.ok(!names(request).includes('upgrade') && !names(request).includes('connection'), what);
  }
});

test('UPG-03 another version is 426 and a bad key 400, and the service hears of neither', async () => {
  const before = echo.received.length;
  const old = await send(handshakeText('/live', { 'Sec-WebSocket-Version': '8' }));
  assert.equal(old.json().code, 'upgrade_required');
  assert.equal(old.status, 426);
  assert.equal(old.headers.get('sec-websocket-version'), '13');
  assert.equal(old.headers.get('upgrade'), 'websocket');
  assert.match(old.headers.get('connection')!, /upgrade/i);
  for (const key of [undefined, 'short']) {
    const bad = await send(handshakeText('/live', { 'Sec-WebSocket-Key': key }));
    assert.equal(bad.json().code, 'malformed_request');
  }
  // The version is refused, the connection is not.
  const connection = await connectRaw(gateway.port);
  connection.send(handshakeText('/live', { 'Sec-WebSocket-Version': '12' }) + requestText('/plain'));
  assert.equal((await connection.reply()).status, 426);
  assert.equal((await connection.reply()).status, 200);
  connection.close();
  assert.equal(echo.received.length, before + 1);
  assert.ok(!names(echo.received.at(-1)!).includes('upgrade'));
});

test('UPG-03 a body with a handshake is refused', async () => {
  const before = echo.received.length;
  assert.equal((await send(handshakeText('/live', { 'Content-Length': '3' }) + 'abc')).status, 400);
  assert.equal((await send(handshakeText('/live', { 'Transfer-Encoding': 'chunked' }) + '0\r\n\r\n')).status, 400);
  assert.equal(echo.received.length, before);
});

test('UPG-01 what a caller sends ahead waits for a 101; without one it is a request, and is authorised as one', async () => {
  let go = (): void => {};
  hold = new Promise((resolve) => (go = resolve));
  reply = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno';
  asked = '';
  const connection = await connectRaw(gateway.port);
  connection.send(handshakeText('/scripted') + requestText('/guarded?smuggled') + requestText('/nowhere'));
  await until(() => asked.includes('\r\n\r\n'));
  for (let round = 0; round < 20; round++) await oneRound();
  assert.ok(!asked.includes('smuggled'));
  go();
  const refused = await connection.reply();
  assert.deepEqual([refused.status, refused.body], [200, 'no']);
  assert.equal((await connection.reply()).json().code, 'missing_token');
  assert.equal((await connection.reply()).json().code, 'no_route');
  connection.close();
  assert.ok(!asked.includes('smuggled'));
  hold = Promise.resolve();
});

test('UPG-01 a service that answers otherwise is relayed, and its connection serves nobody after that', async () => {
  for (const status of [
    '200 OK',
    '401 Unauthorized',
    '404 Not Found',
    '426 Upgrade Required',
    '302 Found',
    '503 Service Unavailable',
  ]) {
    reply = `HTTP/1.1 ${status}\r\nContent-Length: 2\r\nX-Own: yes\r\n\r\nno`;
    const before = scripted.connections();
    const connection = await connectRaw(gateway.port);
    for (let at = 0; at < 2; at++) {
      connection.send(handshakeText('/scripted'));
      const relayed = await connection.reply();
      assert.equal(`${relayed.status} ${relayed.reason}`, status);
      assert.deepEqual([relayed.headers.get('x-own'), relayed.body], ['yes', 'no']);
    }
    connection.close();
    assert.equal(scripted.connections(), before + 2);
  }
  reply = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno';
  const before = scripted.connections();
  assert.equal((await send(requestText('/unasked'))).status, 200);
  assert.equal(scripted.connections(), before + 1);
});

test('UPG-04 a 101 that nobody asked for, or for something else, is 502', async () => {
  for (const [what, path, answer] of [
    ['nobody asked', '/unasked', `${SWITCHED}\r\n`],
    ['another protocol', '/scripted', `${SWITCHED.replace('websocket', 'foo')}\r\n`],
    ['no Upgrade', '/scripted', `${SWITCHED.replace('Upgrade: websocket\r\n', '')}\r\n`],
    ['no Connection', '/scripted', `${SWITCHED.replace('Connection: Upgrade\r\n', '')}\r\n`],
    ['a wrong answer to the key', '/scripted', `${SWITCHED.replace('s3pP', 'S3pP')}\r\n`],
    ['no answer to the key', '/scripted', `${SWITCHED.replace(/Sec-.*\r\n/, '')}\r\n`],
    ['a subprotocol not offered', '/scripted', `${SWITCHED}Sec-WebSocket-Protocol: chat\r\n\r\n`],
    ['an extension not offered', '/scripted', `${SWITCHED}Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n`],
    ['a body', '/scripted', `${SWITCHED}Content-Length: 2\r\n\r\nno`],
    ['HTTP/1.0', '/scripted', `${SWITCHED.replace('HTTP/1.1', 'HTTP/1.0')}\r\n`],
  ] as const) {
    reply = answer;
    const refused = await send(
      handshakeText(path, path === '/unasked' ? { Upgrade: undefined, Connection: undefined } : {}),
    );
    assert.equal(refused.json().code, 'upstream_protocol', what);
    assert.equal(refused.status, 502);
  }
});

test('a handshake that meets a kept connection just as it ends is sent again, once', async () => {
  reply = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno';
  assert.equal((await ask(gateway.port, '/unasked')).status, 200);
  const before = scripted.connections();
  once = true;
  asked = '';
  reply = `${SWITCHED}\r\n`;
  assert.equal((await send(handshakeText('/scripted'))).status, 101);
  assert.equal(scripted.connections(), before + 1);
  assert.equal(asked.match(/GET/g)!.length, 2);
  once = false;
});

test('UPG-09 CONNECT opens no tunnel', async () => {
  for (const target of ['service.test:443', '/live']) {
    const refused = await send(handshakeText('/live').replace('GET /live', `CONNECT ${target}`));
    assert.equal(refused.json().code, 'method_not_allowed');
    assert.equal(refused.status, 405);
  }
});
