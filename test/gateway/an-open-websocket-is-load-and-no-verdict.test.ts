import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw, requestText, type RawConnection } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';
import { handshakeText, startSwitching } from '../support/websocket.ts';

const clock = createFakeClock();
const services = [await startSwitching(() => {}), await startSwitching(() => {})] as const;
/** The beginning of a stream, and no more of it. */
const stream = await startUpstream({
  behaviour: (socket) =>
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n')),
});
const breaker = 'circuit_breaker: { minimum_requests: 1, open_for: 10s, probes: 1 }';
const gateway = await startGateway(
  `
upstreams:
  two: { targets: ["${services[0].url}", "${services[1].url}"], balance: least_requests }
  one: { targets: ["${services[0].url}"], ${breaker} }
  pair: { targets: ["${services[0].url}"], ${breaker.replace('probes: 1', 'probes: 2')} }
  stream: { targets: ["${stream.url}"], ${breaker} }
routes:
  - { path: /two, kind: operations, upstream: two, auth: none, rate_limit: none, upgrade: [websocket] }
  - { path: /one, kind: operations, upstream: one, auth: none, rate_limit: none, upgrade: [websocket] }
  - { path: /pair, kind: operations, upstream: pair, auth: none, rate_limit: none, upgrade: [websocket], streaming: true }
  - { path: /stream, kind: operations, upstream: stream, auth: none, rate_limit: none, streaming: true }
`,
  { clock },
);
after(() => Promise.all([gateway.close(), ...services.map((service) => service.close()), stream.close()]));

const openCount = () => services.map((service) => service.open());

async function open(path: string): Promise<RawConnection> {
  const connection = await connectRaw(gateway.port);
  connection.send(handshakeText(path));
  assert.equal((await connection.reply()).status, 101);
  return connection;
}

test('new WebSockets go where fewer are open', async () => {
  const connections: RawConnection[] = [];
  for (let at = 0; at < 6; at++) connections.push(await open('/two'));
  assert.deepEqual(openCount(), [3, 3]);
  // Every other one went to the first.
  for (const at of [0, 2, 4]) connections[at]!.close();
  await until(() => services[0].open() === 0);
  for (let at = 0; at < 3; at++) connections.push(await open('/two'));
  assert.deepEqual(openCount(), [3, 3]);
  for (const connection of connections) connection.close();
  await until(() => services[0].open() + services[1].open() === 0);
});

for (const [what, begin] of [
  ['one', () => open('/one')],
  [
    'stream',
    async () => {
      const connection = await connectRaw(gateway.port);
      connection.send(requestText('/stream'));
      await new Promise((resolve) => connection.socket.once('data', resolve));
      return connection;
    },
  ],
] as const) {
  test(`the circuit closes with the answer to its probe, though that goes on (${what})`, async () => {
    const { breaker: circuit } = gateway.plan.upstreams.find(({ name }) => name === what)!.targets[0]!;
    circuit!.failure(circuit!.acquire()!);
    assert.equal(circuit!.state(), 'open');
    clock.advance(10_000);
    const connections = [await begin()];
    assert.equal(circuit!.state(), 'closed');
    connections.push(await begin());
    // What becomes of it later is no verdict either.
    for (const connection of connections) connection.socket.resetAndDestroy();
    await until(() => services[0].open() + stream.open() === 0);
    assert.equal(circuit!.openings('failure_rate'), 1);
    assert.equal(circuit!.state(), 'closed');
  });
}

test('a WebSocket is one result, also on a route that streams', async () => {
  const { breaker: circuit } = gateway.plan.upstreams.find(({ name }) => name === 'pair')!.targets[0]!;
  circuit!.failure(circuit!.acquire()!);
  clock.advance(10_000);
  const connections = [await open('/pair')];
  assert.equal(circuit!.state(), 'half_open');
  connections.push(await open('/pair'));
  assert.equal(circuit!.state(), 'closed');
  for (const connection of connections) connection.close();
  await until(() => services[0].open() === 0);
});
