import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startUpstream, type Behaviour, type TestUpstream } from '../support/upstream.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

async function withPool(
  keys: string,
  behaviour: Behaviour,
  body: (parts: {
    gateway: TestGateway;
    upstream: TestUpstream;
    clock: ReturnType<typeof createFakeClock>;
  }) => Promise<void>,
): Promise<void> {
  const clock = createFakeClock();
  const upstream = await startUpstream({ behaviour });
  const gateway = await startGateway(
    `
upstreams: { service: { targets: ["${upstream.url}"], ${keys} } }
routes:
  - { path: /*, kind: operations, upstream: service, auth: none }
`,
    { clock },
  );
  try {
    await body({ gateway, upstream, clock });
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

/** Answers with the number of the connection it came on. */
const numbered: Behaviour = (socket, number) => {
  socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(number).length}\r\n\r\n${number}`));
};

test('one connection serves one request after another', () =>
  withPool('max_connections: 10', numbered, async ({ gateway, upstream }) => {
    for (let at = 0; at < 10; at++) assert.equal((await ask(gateway.port, '/')).body, '0');
    assert.equal(upstream.connections(), 1);
  }));

test('RT-13 requests over the bound wait in line, and one that waited too long is refused', async () => {
  const held: Socket[] = [];
  await withPool(
    'max_connections: 2',
    (socket) => void socket.on('data', () => held.push(socket)),
    async ({ gateway, upstream, clock }) => {
      const answers = Array.from({ length: 5 }, (_, at) => ask(gateway.port, `/${at}`));
      while (held.length < 2) await settle();
      await settle();
      assert.equal(upstream.connections(), 2);
      held[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      while (held.length < 3) await settle();
      assert.equal(upstream.connections(), 2, 'the third in line got the connection that came free');
      clock.advance(1100);
      await settle();
      for (const socket of held.slice(1)) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.deepEqual(statuses.filter((status) => status === 200).length, 3);
      assert.deepEqual(statuses.filter((status) => status === 503).length, 2);
      // The log is written with the next tick.
      clock.advance(100);
      const lines = await gateway.accessLines(5);
      assert.equal(lines.filter(({ refusal }) => refusal === 'overloaded').length, 2);
    },
  );
});

test('a line that is full refuses at once', async () => {
  await withPool(
    'max_connections: 1, concurrency: { max: 10 }',
    (socket) => void socket.on('data', () => {}),
    async ({ gateway }) => {
      const first = await connectRaw(gateway.port);
      first.send(requestText('/'));
      const second = await connectRaw(gateway.port);
      await settle();
      second.send(requestText('/'));
      await settle();
      const third = await ask(gateway.port, '/');
      assert.equal(third.status, 503);
      assert.equal(third.json().code, 'overloaded');
      assert.ok(Number(third.headers.get('retry-after')) >= 1);
      first.close();
      second.close();
    },
  );
});

test('the newest idle connection is used again first, and idle ones are closed before the upstream would', async () => {
  const held: Socket[] = [];
  let hold = true;
  await withPool(
    'keep_alive: 4s',
    (socket, number) => {
      socket.on('data', () => {
        if (hold) held[number] = socket;
        else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${number}`);
      });
    },
    async ({ gateway, upstream, clock }) => {
      const answers = [0, 1, 2].map((at) => ask(gateway.port, `/${at}`));
      while (held.filter(Boolean).length < 3) await settle();
      hold = false;
      for (const number of [2, 0, 1]) {
        held[number]!.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${number}`);
        await settle();
      }
      await Promise.all(answers);
      assert.equal((await ask(gateway.port, '/')).body, '1', 'the last one that came free');
      clock.advance(3000);
      assert.equal((await ask(gateway.port, '/')).body, '1');
      clock.advance(1500);
      while (upstream.open() > 1) await settle();
      assert.equal((await ask(gateway.port, '/')).body, '1', 'the one that was used meanwhile is still there');
    },
  );
});

test('a connection that cannot be made in time is 504', async () => {
  const clock = createFakeClock();
  // Accepts, and never answers the TLS handshake.
  const upstream = await startUpstream({ behaviour: () => {} });
  const gateway = await startGateway(
    `
upstreams: { service: { targets: ["https://127.0.0.1:${upstream.port}"], retry: { attempts: 0 } } }
routes:
  - { path: /*, kind: operations, upstream: service, auth: none }
`,
    { clock },
  );
  const waiting = ask(gateway.port, '/');
  while (upstream.open() === 0) await settle();
  clock.advance(1200);
  assert.equal((await waiting).json().code, 'upstream_timeout');
  await gateway.close();
  await upstream.close();
});
