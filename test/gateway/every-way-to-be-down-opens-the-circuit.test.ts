import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { oneRound, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

type Conduct = (socket: Socket, request: number) => void;

const reply = (status: number) => `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`;

/** A gateway before one target that behaves so, with no second try to hide it. */
async function setUp(t: TestContext, conduct: Conduct, breaker = '{}', more = '') {
  const clock = createFakeClock();
  let requests = 0;
  const upstream = await startUpstream({
    behaviour: (socket) => void socket.on('data', () => conduct(socket, requests++)),
  });
  const gateway = await startGateway(
    `
upstreams:
  orders: { targets: ["${upstream.url}"], retry: { attempts: 0 }, circuit_breaker: ${breaker}${more} }
routes: [{ path: /*, kind: operations, upstream: orders, auth: none, rate_limit: none }]
`,
    { clock },
  );
  t.after(() => Promise.all([gateway.close(), upstream.close()]));
  return {
    clock,
    upstream,
    requests: () => requests,
    call: async () => (await ask(gateway.port, '/')).status,
    state: () => gateway.plan.upstreams[0]!.targets[0]!.breaker!.state(),
    reasons: () => gateway.events.filter(({ event }) => event === 'circuit_changed').map(({ fields }) => fields.reason),
  };
}

const down: readonly (readonly [title: string, conduct: Conduct])[] = [
  ['closes every connection', (socket) => socket.end()],
  ['resets every connection', (socket) => socket.resetAndDestroy()],
  ['does not speak HTTP', (socket) => socket.write('220 mail.example.com ESMTP\r\n')],
  ['lies about the length of its replies', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')],
  ...[500, 502, 503, 504].map(
    (status) => [`answers ${status}`, (socket: Socket) => void socket.write(reply(status))] as const,
  ),
];

for (const [title, conduct] of down) {
  test(`CB-01 a service that ${title} is left alone after five times`, async (t) => {
    const { requests, call, state, reasons } = await setUp(t, conduct);
    for (let n = 0; n < 5; n++) {
      assert.equal(state(), 'closed');
      // A reply that is cut short is no reply.
      await call().catch(() => undefined);
    }
    assert.deepEqual(reasons(), ['consecutive_failures']);
    assert.equal(await call(), 503);
    assert.equal(requests(), 5);
  });
}

test('CB-01 a service that is not there is left alone after five times', async (t) => {
  const { upstream, call, reasons } = await setUp(t, () => {});
  await upstream.close();
  for (let n = 0; n < 5; n++) assert.equal(await call(), 502);
  assert.deepEqual(reasons(), ['consecutive_failures']);
  assert.equal(await call(), 503);
});

test('CB-01 a service that hangs is left alone when five have waited in vain', async (t) => {
  const { clock, requests, call, reasons } = await setUp(t, () => {});
  const waiting = Promise.all(Array.from({ length: 5 }, call));
  await until(() => requests() === 5);
  clock.advance(15_100);
  assert.deepEqual(await waiting, [504, 504, 504, 504, 504]);
  assert.deepEqual(reasons(), ['consecutive_failures']);
  assert.equal(await call(), 503);
  assert.equal(requests(), 5);
});

test('CB-01 a service that fails half of its requests is left alone when twenty have shown it', async (t) => {
  const { requests, call, state, reasons } = await setUp(t, (socket, n) =>
    socket.write(reply(n % 2 === 0 ? 503 : 200)),
  );
  for (let n = 0; n < 20; n++) {
    assert.equal(state(), 'closed');
    await call();
  }
  assert.deepEqual(reasons(), ['failure_rate']);
  assert.equal(await call(), 503);
  assert.equal(requests(), 20);
});

test('CB-04 status 500 is no failure where the configuration says so', async (t) => {
  const { requests, call, reasons } = await setUp(
    t,
    (socket) => socket.write(reply(500)),
    '{ failure_statuses: [502] }',
  );
  for (let n = 0; n < 30; n++) assert.equal(await call(), 500);
  assert.deepEqual(reasons(), []);
  assert.equal(requests(), 30);
});

test('CB-06 a service whose answers are good and slow is left alone', async (t) => {
  const held: Socket[] = [];
  const breaker = '{ slow_call: 2s, slow_call_rate: 80%, minimum_requests: 10 }';
  const { clock, call, state, reasons } = await setUp(t, (socket) => void held.push(socket), breaker);
  async function round(count: number, tookMs: number): Promise<void> {
    const waiting = Promise.all(Array.from({ length: count }, call));
    await until(() => held.length === count);
    clock.advance(tookMs);
    for (const socket of held.splice(0)) socket.write(reply(200));
    assert.ok((await waiting).every((status) => status === 200));
  }
  await round(2, 1_900);
  await round(7, 2_000);
  assert.equal(state(), 'closed');
  await round(1, 2_000);
  assert.deepEqual(reasons(), ['slow_calls']);
  assert.equal(await call(), 503);
});

test('CB-08 a service that flaps is probed ever more rarely', async (t) => {
  const breaker = '{ minimum_requests: 4, open_for: 1s, max_open_for: 16s }';
  const { clock, call, reasons } = await setUp(t, (socket, n) => socket.write(reply(n % 2 === 0 ? 500 : 200)), breaker);
  for (let n = 0; n < 480; n++) {
    await call();
    clock.advance(250);
    await oneRound();
  }
  const openings = reasons().filter((reason) => reason !== 'open_time_over' && reason !== 'probes_succeeded').length;
  // Two minutes: 1, 2, 4 and 8 s, and 16 s each from then on.
  assert.ok(openings >= 5 && openings <= 4 + 120 / 16, `${openings} times`);
});
