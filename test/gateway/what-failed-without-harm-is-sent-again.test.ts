import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ask, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { askAll } from '../support/pipeline.ts';
import { startUpstream } from '../support/upstream.ts';

type Conduct = (socket: Socket, text: string) => void;

const reply = (status: number, fields = '') => `HTTP/1.1 ${status} X\r\n${fields}Content-Length: 0\r\n\r\n`;
const answer =
  (status: number, fields?: string): Conduct =>
  (socket) =>
    socket.write(reply(status, fields));
const reset: Conduct = (socket) => socket.resetAndDestroy();
const hang: Conduct = () => {};

/** Counts the heads that came to it. */
async function startService(conduct: Conduct) {
  let requests = 0;
  const upstream = await startUpstream({
    behaviour(socket) {
      socket.on('data', (bytes) => {
        const text = bytes.toString('latin1');
        requests += text.split(/\r\nHost: /i).length - 1;
        if (text.includes('\r\n\r\n')) conduct(socket, text);
      });
    },
  });
  return { ...upstream, requests: () => requests };
}

/** A gateway before one target that does `first` and one that answers 200; the first is asked first. */
async function setUp(t: TestContext, first: Conduct, settings = '') {
  const bad = await startService(first);
  const good = await startService(answer(200, 'X-From: good\r\n'));
  const gateway = await startGateway(`
upstreams: { orders: { targets: ["${bad.url}", "${good.url}"], ${settings} } }
routes: [{ path: /*, kind: operations, upstream: orders, auth: none, rate_limit: none }]
`);
  t.after(() => Promise.all([gateway.close(), bad.close(), good.close()]));
  return { bad, good, gateway };
}

const POST = { method: 'POST', body: 'abc' };

test('RT-01 a GET whose target refuses, resets or answers 503 is answered by another', async (t) => {
  for (const conduct of [reset, answer(502), answer(503), answer(504)]) {
    const { bad, good, gateway } = await setUp(t, conduct);
    assert.equal((await ask(gateway.port, '/')).status, 200);
    assert.equal(bad.requests(), 1);
    assert.equal(good.requests(), 1);
  }
  const { bad, good, gateway } = await setUp(t, hang);
  await bad.close();
  assert.equal((await ask(gateway.port, '/')).status, 200);
  assert.equal(good.requests(), 1);
});

test('RT-01 a POST that could not be sent is, without a body; one that was sent is not', async (t) => {
  const refused = await setUp(t, hang);
  await refused.bad.close();
  assert.equal((await ask(refused.gateway.port, '/', { method: 'POST' })).status, 200);
  const cut = await setUp(t, reset);
  assert.equal((await ask(cut.gateway.port, '/', { method: 'POST' })).json().code, 'upstream_unreachable');
  assert.equal(cut.good.requests(), 0);
});

test('RT-02 RT-07 what has a body is sent once, whatever becomes of it', async (t) => {
  for (const conduct of [reset, answer(503)]) {
    for (const request of [POST, { ...POST, method: 'PUT' }]) {
      const { bad, good, gateway } = await setUp(t, conduct);
      const { status } = await ask(gateway.port, '/', request);
      assert.ok(status === 502 || status === 503, String(status));
      assert.equal(bad.requests(), 1);
      assert.equal(good.requests(), 0);
    }
  }
});

test('RT-06 a 503 that says when to come again goes to the caller, who is the one to wait', async (t) => {
  const { good, gateway } = await setUp(t, answer(503, 'Retry-After: 7\r\n'));
  const { status, headers } = await ask(gateway.port, '/');
  assert.equal(status, 503);
  assert.equal(headers.get('retry-after'), '7');
  assert.equal(good.requests(), 0);
});

test('RT-08 a target that hangs costs its time limit once, and the deadline holds for all attempts together', async (t) => {
  const settings = 'timeouts: { connect: 300ms, response: 100ms }, retry: { after: [timeout], attempts: 10 }';
  const { gateway } = await setUp(t, hang, settings);
  assert.equal((await ask(gateway.port, '/')).status, 200);

  const silent = await startService(hang);
  const alone = await startGateway(`
upstreams: { orders: { targets: ["${silent.url}"], ${settings} } }
timeouts: { total: 350ms }
routes: [{ path: /*, kind: operations, upstream: orders, auth: none, rate_limit: none }]
`);
  t.after(() => Promise.all([alone.close(), silent.close()]));
  const began = performance.now();
  const { status, json } = await ask(alone.port, '/');
  const took = performance.now() - began;
  assert.equal(status, 504);
  assert.equal(json().code, 'upstream_timeout');
  assert.ok(took >= 340, `${took} ms`);
  assert.ok(silent.requests() >= 2 && silent.requests() <= 4, `${silent.requests()} requests`);
});

test('the 504 says which time limit passed', async (t) => {
  const silent = await startService(hang);
  for (const [settings, total, limit] of [
    ['timeouts: { response: 50ms }', '60s', 'response'],
    ['timeouts: { connect: 40ms, response: 50s }', '50ms', 'total'],
  ] as const) {
    const gateway = await startGateway(`
upstreams: { orders: { targets: ["${silent.url}"], ${settings} } }
timeouts: { total: ${total} }
routes: [{ path: /*, kind: operations, upstream: orders, auth: none, rate_limit: none }]
`);
    t.after(() => gateway.close());
    assert.match((await ask(gateway.port, '/')).json().detail as string, new RegExp(`\\b${limit}\\b`));
  }
  await silent.close();
});

test('RT-09 nothing of a failed attempt is in the answer, and after a part of a reply there is no other attempt', async (t) => {
  const { gateway } = await setUp(t, answer(503, 'X-From: bad\r\nSet-Cookie: bad=1\r\n'));
  const { status, headers } = await ask(gateway.port, '/');
  assert.equal(status, 200);
  assert.equal(headers.get('x-from'), 'good');
  assert.equal(headers.get('set-cookie'), undefined);

  const hinted = await setUp(t, (socket) => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
    socket.end();
  });
  assert.equal((await ask(hinted.gateway.port, '/')).status, 502);
  assert.equal(hinted.good.requests(), 0);
});

test('RT-04 RT-05 in an outage the service gets a fifth more than was asked for, not twice as much', async (t) => {
  const services = await Promise.all([reset, reset].map(startService));
  const gateway = await startGateway(`
upstreams: { orders: { targets: [${services.map(({ url }) => `"${url}"`).join(', ')}] } }
routes: [{ path: /*, kind: operations, upstream: orders, auth: none, rate_limit: none }]
`);
  t.after(() => Promise.all([gateway.close(), ...services.map(({ close }) => close())]));
  const requests = Array.from({ length: 500 }, () => requestText('/'));
  await askAll(gateway.port, requests, 20);
  const sent = services.reduce((sum, service) => sum + service.requests(), 0);
  assert.ok(sent <= 600, `${sent} for 500 requests`);
});

test('a request is not sent again more often than it may be, and a single target after a pause', async (t) => {
  let calls = 0;
  const flaky = await startService((socket) =>
    ++calls % 2 === 1 ? socket.resetAndDestroy() : socket.write(reply(200)),
  );
  const gateway = await startGateway(`
upstreams: { orders: { targets: ["${flaky.url}"] }, never: { targets: ["${flaky.url}"], retry: { attempts: 0 } } }
routes:
  - { path: /, kind: operations, upstream: orders, auth: none, rate_limit: none }
  - { path: /never, kind: operations, upstream: never, auth: none, rate_limit: none }
`);
  t.after(() => Promise.all([gateway.close(), flaky.close()]));
  assert.equal((await ask(gateway.port, '/')).status, 200);
  assert.equal(calls, 2);
  assert.equal((await ask(gateway.port, '/never')).json().code, 'upstream_unreachable');
  assert.equal(calls, 3);
});
