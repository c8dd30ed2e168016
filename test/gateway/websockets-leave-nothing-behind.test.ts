import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { connectRaw } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { oneRound, until } from '../support/other-end.ts';
import { handshakeText, openWebSocket, startEchoService, startSwitching } from '../support/websocket.ts';

/** What the next connection does once it has switched. */
let behave: (socket: Socket) => void = (socket) => socket.pipe(socket);
const raw = await startSwitching((socket) => behave(socket));
const service = await startEchoService();
const gateway = await startGateway(`
upstreams:
  raw: { targets: ["${raw.url}"], circuit_breaker: { minimum_requests: 1, probes: 1 }, balance: least_requests }
  service: { targets: ["${service.url}"], max_connections: 100 }
routes:
  - { path: /raw, kind: operations, upstream: raw, auth: none, rate_limit: none, upgrade: [websocket] }
  - { path: /live, kind: operations, upstream: service, auth: none, rate_limit: none, upgrade: [websocket] }
`);
after(() => Promise.all([gateway.close(), raw.close(), service.close()]));

function metric(name: string): number {
  const lines = gateway.plan.metrics.render().split('\n');
  const values = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function assertNothingLeft(): Promise<void> {
  await until(() => metric('gatehouse_connections_open') === 0);
  await until(() => metric('gatehouse_upstream_connections_open') === 0);
  await until(() => raw.open() === 0);
  assert.equal(metric('gatehouse_tunnels_open'), 0);
  assert.equal(metric('gatehouse_circuit_open'), 0);
}

test('UPG-06 a caller that leaves at any byte of an upgrade', async () => {
  behave = (socket) => socket.pipe(socket);
  const text = `${handshakeText('/raw')}\x81\x80\0\0\0\0behind it`;
  for (let length = 1; length <= text.length; length++) {
    const connection = await connectRaw(gateway.port);
    connection.send(text.slice(0, length));
    if (length % 2 === 0) await oneRound();
    if (length % 3 === 0) connection.socket.resetAndDestroy();
    else if (length % 3 === 1) connection.close();
    else connection.socket.end();
    await oneRound();
  }
  await assertNothingLeft();
});

test('UPG-06 a service that resets, or ends, right after its 101', async () => {
  for (const end of [
    (socket: Socket) => socket.resetAndDestroy(),
    (socket: Socket) => socket.end(),
    (socket: Socket) => socket.destroy(),
  ]) {
    behave = end;
    for (let at = 0; at < 20; at++) {
      const connection = await connectRaw(gateway.port);
      connection.send(handshakeText('/raw'));
      const answer = await connection.ended();
      // The 101, or a 502 where the reset overtook it.
      assert.match(answer, /^(?:HTTP\/1\.1 (?:101|502) .*)?$/s);
      connection.close();
    }
  }
  await assertNothingLeft();
});

test('UPG-06 a handshake in single bytes, and tunnels that both sides end at once', async () => {
  behave = (socket) => socket.pipe(socket);
  const connection = await connectRaw(gateway.port);
  for (const byte of handshakeText('/raw')) {
    connection.send(byte);
    await oneRound();
  }
  assert.equal((await connection.reply()).status, 101);
  for (let at = 0; at < 50; at++) {
    const before = connection.socket.bytesRead;
    connection.send('x');
    await until(() => connection.socket.bytesRead > before);
  }
  connection.close();
  for (let at = 0; at < 20; at++) {
    const sockets: Socket[] = [];
    behave = (socket) => void sockets.push(socket);
    const one = await connectRaw(gateway.port);
    one.send(handshakeText('/raw'));
    assert.equal((await one.reply()).status, 101);
    if (at % 2 === 0) one.socket.resetAndDestroy();
    else one.close();
    if (at % 3 === 0) sockets[0]!.resetAndDestroy();
    else sockets[0]!.end();
  }
  await assertNothingLeft();
});

test('a thousand WebSockets, a hundred at a time', async () => {
  const before = metric('gatehouse_tunnels_total');
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(
      Array.from({ length: 100 }, () => openWebSocket(gateway.port, '/live', { perMessageDeflate: false })),
    );
    if (round === 0) assert.equal(metric('gatehouse_tunnels_open'), 100);
    await Promise.all(
      clients.map(async ({ socket, message }, at) => {
        socket.send(`${round} ${at}`);
        assert.equal(await message(), `${round} ${at}`);
      }),
    );
    for (const [at, { socket }] of clients.entries()) {
      if (at % 4 === 0) socket.terminate();
      else socket.close();
    }
    await Promise.all(clients.map(({ closed }) => closed));
  }
  await until(() => metric('gatehouse_tunnels_total') === before + 1000);
  await assertNothingLeft();
});
