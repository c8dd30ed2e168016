import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/other-end.ts';
import { askAll } from '../support/pipeline.ts';
import { startUpstream } from '../support/upstream.ts';

/** A service whose answers a test decides. */
async function startService() {
  let status = 200;
  let requests = 0;
  const held: Socket[] = [];
  const upstream = await startUpstream({
    behaviour(socket) {
      socket.on('data', (bytes) => {
        requests += bytes.toString('latin1').split('\r\n\r\n').length - 1;
        if (status === 0) held.push(socket);
        else socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
      });
    },
  });
  return {
    url: upstream.url,
    close: upstream.close,
    requests: () => requests,
    /** 0 holds the request until `release`. */
    answer: (next: number) => void (status = next),
    release(with_: number) {
      for (const socket of held.splice(0)) socket.write(`HTTP/1.1 ${with_} X\r\nContent-Length: 0\r\n\r\n`);
    },
  };
}

const BREAKER =
  '{ failure_rate: 50%, minimum_requests: 10, consecutive_failures: off, window: 10s, open_for: 10s, probes: 1 }';

async function setUp(t: TestContext, count = 1) {
  const clock = createFakeClock();
  const services = await Promise.all(Array.from({ length: count }, startService));
  const well = await startService();
  const targets = services.map(({ url }) => `"${url}"`).join(', ');
  const gateway = await startGateway(
    `
upstreams:
  orders: { targets: [${targets}], circuit_breaker: ${BREAKER} }
  well: { targets: ["${well.url}"], circuit_breaker: ${BREAKER} }
routes:
  - { path: /, kind: operations, upstream: orders, auth: none, rate_limit: none }
  - { path: /well, kind: operations, upstream: well, auth: none, rate_limit: none }
  - { path: /small, kind: operations, upstream: orders, auth: none, rate_limit: none, max_body: 1b }
`,
    { clock },
  );
  t.after(() => Promise.all([gateway.close(), well.close(), ...services.map(({ close }) => close())]));
  return {
    clock,
    services,
    service: services[0]!,
    gateway,
    call: (path = '/') => ask(gateway.port, path),
    async times(n: number, path = '/') {
      const replies = await askAll(
        gateway.port,
        Array.from({ length: n }, () => requestText(path)),
        1,
      );
      return replies.map(({ status }) => status);
    },
    busy: () => gateway.plan.upstreams[0]!.targets[0]!.pool.busy,
    state: () => gateway.plan.upstreams[0]!.targets[0]!.breaker!.state(),
  };
}

test('CB-01 CB-07 CB-10 it opens at the threshold and not before, then nothing is sent, and other services do not feel it', async (t) => {
  const { clock, service, gateway, call, times } = await setUp(t);
  service.answer(500);
  assert.ok(
    (await times(9)).every((status) => status === 500),
    'nine prove nothing',
  );
  assert.equal((await call()).status, 500);
  assert.equal(service.requests(), 10);
  clock.advance(4500);
  const began = performance.now();
  assert.ok((await times(1000)).every((status) => status === 503));
  assert.ok((performance.now() - began) / 1000 < 5, 'ms a refusal');
  const reply = await call();
  assert.equal(reply.json().code, 'circuit_open');
  assert.equal(reply.headers.get('retry-after'), '6');
  assert.equal(service.requests(), 10);
  assert.ok((await times(20, '/well')).every((status) => status === 200));
  assert.deepEqual(
    gateway.events.filter(({ event }) => event === 'circuit_changed').map(({ fields }) => fields.state),
    ['open'],
  );
  const metrics = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((answer) => answer.text());
  assert.match(
    metrics,
    /gatehouse_circuit_openings_total\{upstream="orders",target="[^"]+",reason="failure_rate"\} 1\n/,
  );
});

test('CB-02 CB-03 of a thousand at half-open one reaches the service, and its success closes the circuit', async (t) => {
  const { clock, service, gateway, times, state } = await setUp(t);
  service.answer(503);
  await times(10);
  clock.advance(10_000);
  service.answer(0);
  const statuses: number[] = [];
  const waiting = Promise.all(
    Array.from({ length: 1000 }, async () => statuses.push((await ask(gateway.port, '/')).status)),
  );
  await until(() => statuses.length === 999);
  assert.ok(statuses.every((status) => status === 503));
  assert.equal(service.requests(), 11);
  assert.equal(state(), 'half_open');
  service.release(200);
  await waiting;
  assert.equal(statuses.at(-1), 200);
  service.answer(200);
  assert.ok((await times(50)).every((status) => status === 200));
  assert.equal(state(), 'closed');
});

test('CB-03 a probe that fails opens it again for twice the time, one that hangs fails at its time limit', async (t) => {
  const { clock, service, call, times, state } = await setUp(t);
  service.answer(502);
  await times(10);
  clock.advance(10_000);
  assert.equal((await call()).status, 502);
  clock.advance(19_900);
  assert.equal((await call()).json().code, 'circuit_open');
  assert.equal(service.requests(), 11);
  clock.advance(100);
  service.answer(0);
  const probe = call();
  await until(() => service.requests() === 12);
  clock.advance(16_000);
  assert.equal((await probe).json().code, 'upstream_timeout');
  assert.equal(state(), 'open');
});

test('CB-03 a probe whose caller leaves gives its place to the next', async (t) => {
  const { clock, service, gateway, call, times, state, busy } = await setUp(t);
  service.answer(500);
  await times(10);
  clock.advance(10_000);
  service.answer(0);
  const leaving = await connectRaw(gateway.port);
  leaving.send(requestText('/'));
  await until(() => service.requests() === 11);
  leaving.close();
  await until(() => busy() === 0);
  assert.equal(state(), 'half_open');
  service.answer(200);
  assert.equal((await call()).status, 200);
  assert.equal(state(), 'closed');
});

test('CB-04 what is the caller’s fault, or was never sent, is no failure of the service', async (t) => {
  const { clock, service, gateway, times, state, busy } = await setUp(t);
  for (const status of [400, 401, 404, 429]) {
    service.answer(status);
    await times(30);
  }
  const { port } = gateway;
  for (let at = 0; at < 30; at++)
    assert.equal((await ask(port, '/small', { method: 'POST', body: 'long' })).status, 413);
  // The answers so far leave the window, so that a wrong verdict would count.
  clock.advance(11_000);
  for (const [chunks, status] of [
    ['5\r\nhello\r\n0\r\n\r\n', 413],
    ['zz\r\n', 400],
  ] as const) {
    for (let at = 0; at < 15; at++) {
      const connection = await connectRaw(port);
      connection.send(`POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
      assert.equal((await connection.reply()).status, status);
      connection.close();
    }
  }
  service.answer(0);
  for (let at = 0; at < 15; at++) {
    const connection = await connectRaw(port);
    const before = service.requests();
    connection.send(requestText('/'));
    await until(() => service.requests() > before);
    connection.close();
  }
  await until(() => busy() === 0);
  assert.equal(state(), 'closed');
  service.answer(200);
  assert.deepEqual(await times(3), [200, 200, 200]);
});

test('CB-05 of three targets only the one that fails is passed over', async (t) => {
  const { clock, services, times } = await setUp(t, 3);
  services[1]!.answer(500);
  const statuses = await times(60);
  assert.equal(statuses.filter((status) => status === 500).length, 10);
  const before = services.map(({ requests }) => requests());
  assert.ok((await times(60)).every((status) => status === 200));
  assert.deepEqual(
    services.map(({ requests }, at) => requests() - before[at]!),
    [30, 0, 30],
  );
  services[1]!.answer(200);
  clock.advance(10_000);
  const beforeReturn = services[1]!.requests();
  await times(60);
  const share = services[1]!.requests() - beforeReturn;
  assert.ok(share > 0 && share < 6, `${share} of 60 at first`);
  clock.advance(10_000);
  const again = services[1]!.requests();
  await times(30);
  assert.equal(services[1]!.requests() - again, 10);
});
