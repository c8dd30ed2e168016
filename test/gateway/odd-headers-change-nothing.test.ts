import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { foldedValues } from '../support/folded.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const upstream = await startUpstream({
  replyHeaders: 'X-Request-ID: theirs\r\nRateLimit: "x";r=1\r\nRateLimit-Policy: "x"\r\nX-Served-By: a\r\n',
});
const yaml = (url: string) => `
upstreams: { orders: { targets: ["${url}"] } }
rate_limits: { calls: { quota: 1000/min, by: address } }
routes:
  - { path: /*, kind: public, upstream: orders, auth: none, rate_limit: calls }
  - { path: /deleting, methods: [DELETE], kind: public, upstream: orders, auth: none, rate_limit: calls }
`;
const gateway = await startGateway(yaml(upstream.url));
const trusting = await startGateway(`trusted_proxies: [127.0.0.0/8]${yaml(upstream.url)}`);
after(() => Promise.all([gateway.close(), trusting.close(), upstream.close()]));

test('HDR-14 the method that was looked at is the method that is served', async () => {
  const before = upstream.received.length;
  const override = {
    'X-HTTP-Method-Override': 'DELETE',
    'X-HTTP-Method': 'DELETE',
    'X-Method-Override': 'DELETE',
    x_http_method_override: 'DELETE',
  };
  const refused = await ask(gateway.port, '/deleting', { method: 'POST', headers: override, body: '' });
  assert.equal(refused.status, 405);
  assert.equal(refused.json().code, 'method_not_allowed');
  assert.equal(refused.headers.get('allow'), 'DELETE');
  assert.equal(upstream.received.length, before);
  const { method, headers } = (
    await ask(gateway.port, '/x', { method: 'POST', headers: override, body: '' })
  ).json<Received>();
  assert.equal(method, 'POST');
  assert.doesNotMatch(JSON.stringify(headers), /DELETE/);
});

test('HDR-15 names that mean something to an object are names like any other', async () => {
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'prototype'];
  const reply = await ask(gateway.port, '/', { headers: names.map((name) => [name, '{"admin":true}'] as const) });
  assert.equal(reply.status, 200);
  for (const name of names)
    assert.ok(
      reply.json<Received>().headers.some(([other]) => other === name),
      name,
    );
  assert.equal(({} as Record<string, unknown>).admin, undefined);
});

test('HDR-16 too many fields are 431 and none is lost in silence', async () => {
  const fields = (count: number) => Array.from({ length: count }, (_, at) => [`a${at}`, ''] as const);
  for (const count of [100, 2001]) {
    const before = upstream.received.length;
    const reply = await ask(gateway.port, '/', { headers: fields(count) });
    assert.equal(reply.status, 431);
    assert.equal(reply.json().code, 'headers_too_large');
    assert.equal(upstream.received.length, before);
  }
  const reply = await ask(gateway.port, '/', { headers: fields(99) });
  assert.equal(reply.status, 200);
  assert.equal(reply.json<Received>().headers.filter(([name]) => /^a\d+$/.test(name)).length, 99);
});

test('H1-25 a multipart/byteranges body ends where its length says, whatever boundaries it holds', async () => {
  const body = '--x\r\nContent-Range: bytes 0-0/1\r\n\r\na\r\n--x--\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
  const before = upstream.received.length;
  const headers = { 'Content-Type': 'multipart/byteranges; boundary=x' };
  const reply = await ask(gateway.port, '/', { method: 'POST', headers, body });
  assert.equal(reply.json<Received>().body, body);
  assert.equal(upstream.received.length, before + 1);
});

test('HDR-17 the gateway speaks for its own reply headers, once each', async () => {
  const reply = await ask(gateway.port, '/');
  const values = (name: string) =>
    reply.rawHeaders.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
  assert.deepEqual(values('ratelimit-policy'), ['"calls";q=1000;w=60']);
  assert.equal(values('ratelimit').length, 1);
  assert.match(values('x-request-id').join(), /^[0-9a-f]{32}$/);
  assert.deepEqual(values('x-served-by'), ['a']);
});

test('HDR-18 Via is added, and a request that came through here too often is a loop', async () => {
  const once = await ask(gateway.port, '/', { headers: { Via: '1.0 fred, 1.1 gatehouse' } });
  assert.deepEqual(foldedValues(once.json<Received>(), 'via'), ['1.0 fred, 1.1 gatehouse', '1.1 gatehouse']);
  const before = upstream.received.length;
  for (const via of [
    [['Via', '1.1 gatehouse, 1.1 gatehouse, 1.1 gatehouse']],
    [
      ['Via', '1.1 gatehouse'],
      ['via', '1.1 x,1.1 gatehouse'],
      ['Via', '1.1 gatehouse'],
    ],
  ] as const) {
    const reply = await ask(gateway.port, '/', { headers: via });
    assert.equal(reply.status, 508);
    assert.equal(reply.json().code, 'loop_detected');
  }
  assert.equal(upstream.received.length, before);
});

test('HDR-18 a gateway that is its own upstream ends the loop', async () => {
  const waiting = await startUpstream();
  const { port } = waiting;
  await waiting.close();
  // A port that is free a moment later too: the gateway under test listens on it.
  const looping = await startGateway(yaml(`http://127.0.0.1:${port}`));
  const relay = await startUpstream({
    port,
    behaviour(socket) {
      void connectRaw(looping.port).then((back) => {
        socket.on('data', (bytes) => back.send(bytes));
        back.socket.on('data', (bytes) => socket.write(bytes));
        socket.on('close', back.close);
      });
    },
  });
  const reply = await ask(looping.port, '/');
  assert.equal(reply.status, 508);
  assert.equal(relay.connections(), 3);
  await looping.close();
  await relay.close();
});

test('HDR-19 a request id is kept from a trusted proxy and in a safe form, else made', async () => {
  const idOf = async (port: number, headers: Record<string, string>) => {
    const reply = await ask(port, '/', { headers });
    const [forwarded] = foldedValues(reply.json<Received>(), 'x-request-id');
    assert.equal(reply.headers.get('x-request-id'), forwarded);
    return forwarded;
  };
  const made = /^[0-9a-f]{32}$/;
  assert.match((await idOf(gateway.port, { 'X-Request-ID': 'mine' }))!, made);
  assert.equal(await idOf(trusting.port, { 'X-Request-ID': 'from-the_proxy.1' }), 'from-the_proxy.1');
  for (const bad of ['a b', 'x'.repeat(10_000), '"', '{"a":1}', 'é', ''])
    assert.match((await idOf(trusting.port, { 'X-Request-ID': bad }))!, made);
  const split = await connectRaw(trusting.port);
  split.send(requestText('/', { headers: { 'X-Request-ID': 'a\rX-Evil: 1' } }));
  assert.equal((await split.reply()).status, 400);
  split.close();
});

test('HDR-19 traceparent is continued or begun, and tracestate goes with it only', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const seen = async (headers: readonly (readonly [string, string])[]) => {
    const received = (await ask(gateway.port, '/', { headers })).json<Received>();
    return { parent: foldedValues(received, 'traceparent'), state: foldedValues(received, 'tracestate') };
  };
  const continued = await seen([
    ['traceparent', `00-${trace}-b7ad6b7169203331-01`],
    ['tracestate', 'a=1'],
    ['tracestate', 'b=2'],
  ]);
  assert.equal(continued.parent.length, 1);
  assert.match(continued.parent[0]!, new RegExp(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
  assert.deepEqual(continued.state, ['a=1,b=2']);
  const begun = await seen([
    ['traceparent', 'junk'],
    ['tracestate', 'a=1'],
  ]);
  assert.match(begun.parent.join(), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.deepEqual(begun.state, []);
});
