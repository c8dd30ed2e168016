import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock, type FakeClock } from '../support/clock.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { oneRound, otherEnd, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const CALLERS = 6;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Parts {
  readonly gateway: TestGateway;
  readonly clock: FakeClock;
  /** Whoever sent a request that the service has not answered; one for each read. */
  readonly asked: Socket[];
}

/** A circuit that five failures open, before a service that answers `/fine` and leaves everything else to the test. */
async function withCircuit(body: (parts: Parts) => Promise<void>): Promise<void> {
  const asked: Socket[] = [];
  const upstream = await startUpstream({
    behaviour(socket) {
      socket.on('data', (bytes) => (bytes.includes('GET /fine') ? socket.write(OK) : asked.push(socket)));
    },
  });
  const clock = createFakeClock();
  const gateway = await startGateway(
    `
upstreams:
  service:
    targets: ["${upstream.url}"]
    timeouts: { connect: 2s, response: 20s }
    circuit_breaker: { failure_rate: 50%, minimum_requests: 5, window: 10s, open_for: 10s, probes: 1 }
    max_connections: ${CALLERS}
timeouts: { total: 2s, body: 30s }
routes:
  - { path: /long, kind: operations, upstream: service, auth: none, rate_limit: none, timeouts: { total: 60s } }
  - { path: /*, kind: operations, upstream: service, auth: none, rate_limit: none }
`,
    { clock },
  );
  try {
    await body({ gateway, clock, asked });
    assert.equal(gateway.plan.upstreams[0]!.targets[0]!.breaker!.state(), 'closed');
    assert.equal((await ask(gateway.port, '/fine')).status, 200);
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

const connectAll = (port: number) => Promise.all(Array.from({ length: CALLERS }, () => connectRaw(port)));

test('an upload that takes too long is the fault of the caller', { timeout: 10_000 }, () =>
  withCircuit(async ({ gateway, clock, asked }) => {
    const callers = await connectAll(gateway.port);
    for (const caller of callers) caller.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\npart');
    await until(() => new Set(asked).size >= CALLERS);
    clock.advance(2200);
    for (const caller of callers) {
      const reply = await caller.reply('POST');
      assert.equal(reply.status, 408);
      assert.equal(reply.json().code, 'request_timeout');
      caller.close();
    }
  }),
);

test('a reply that is read too slowly is the fault of the caller', { timeout: 10_000 }, () =>
  withCircuit(async ({ gateway, clock, asked }) => {
    const callers = await connectAll(gateway.port);
    for (const caller of callers) {
      caller.socket.pause();
      caller.send(requestText('/large'));
    }
    await until(() => asked.length >= CALLERS);
    const large = Buffer.alloc(12_000_000, 'x');
    for (const socket of asked) {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${large.length}\r\n\r\n`);
      socket.write(large);
    }
    const towards = await Promise.all(callers.map(({ socket }) => otherEnd(socket)));
    // Until all of them are stuck: the kernel's buffers grow while they fill.
    const isStuck = ({ writableNeedDrain }: Socket) => writableNeedDrain;
    for (let still = 0; still < 20; still = towards.every(isStuck) ? still + 1 : 0) await oneRound();
    clock.advance(2200);
    for (const socket of towards) assert.ok(socket.destroyed);
    for (const caller of callers) caller.close();
  }),
);

test('a request that finds no connection free in time says nothing of the upstream', { timeout: 10_000 }, () =>
  withCircuit(async ({ gateway, clock, asked }) => {
    const held = await connectAll(gateway.port);
    for (const caller of held) caller.send(requestText('/long'));
    await until(() => asked.length === CALLERS);
    const late = await connectAll(gateway.port);
    for (const caller of late) caller.send(requestText('/late'));
    const atGateway = await Promise.all(late.map(({ socket }) => otherEnd(socket)));
    await until(() => atGateway.every(({ bytesRead }) => bytesRead > 0));
    clock.advance(2200);
    for (const caller of late) {
      assert.equal((await caller.reply()).json().code, 'overloaded');
      caller.close();
    }
    for (const socket of asked) socket.write(OK);
    for (const caller of held) {
      assert.equal((await caller.reply()).status, 200);
      caller.close();
    }
  }),
);

test('an upstream that does not answer in time still is to blame', { timeout: 10_000 }, async () => {
  await assert.rejects(
    withCircuit(async ({ gateway, clock, asked }) => {
      const callers = await connectAll(gateway.port);
      for (const caller of callers) caller.send(requestText('/'));
      await until(() => asked.length >= CALLERS);
      clock.advance(2200);
      for (const caller of callers) {
        assert.equal((await caller.reply()).json().code, 'upstream_timeout');
        caller.close();
      }
    }),
    /'open'/,
  );
});
