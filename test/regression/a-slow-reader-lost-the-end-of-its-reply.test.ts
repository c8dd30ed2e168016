import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { connectRaw, type RawConnection } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { fillUntilStuck, otherEnd, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const asked: Socket[] = [];
const upstream = await startUpstream({ behaviour: (socket) => void socket.on('data', () => asked.push(socket)) });
const PIECE = Buffer.alloc(30_000, 'x');

/** A caller who reads nothing of a reply that the end of the connection ends; the end of it waits in the gateway. */
async function stuckCaller(version: string) {
  const clock = createFakeClock();
  const gateway = await startGateway(openRoute(upstream.url, 'timeouts: { body: 30s }'), { clock });
  after(() => gateway.close());
  const caller = await connectRaw(gateway.port);
  caller.socket.pause();
  const before = asked.length;
  caller.send(`GET / HTTP/${version}\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await until(() => asked.length !== before);
  const service = asked.at(-1)!;
  service.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
  const toCaller = await otherEnd(caller.socket);
  await fillUntilStuck({ sender: service, stuck: toCaller, piece: PIECE });
  return { clock, gateway, caller, service, toCaller, sent: service.bytesWritten };
}

/** The upstream is done, and the end of the reply still waits in the gateway. */
async function endReply(service: Socket): Promise<void> {
  service.end();
  await until(() => service.destroyed);
}

/** How the connection ends for a caller who reads at last, and how much it got. */
async function readToEnd({ socket }: RawConnection): Promise<{ how: 'end' | 'reset'; bytes: number }> {
  let bytes = 0;
  socket.on('data', (data) => (bytes += data.length));
  const how = new Promise<'end' | 'reset'>((resolve) => {
    socket.on('end', () => resolve('end'));
    socket.on('error', () => resolve('reset'));
  });
  socket.resume();
  return { how: await how, bytes };
}

after(() => upstream.close());

test('a caller who pauses for less than the body time limit gets the whole reply', { timeout: 10_000 }, async () => {
  const { clock, caller, service, sent } = await stuckCaller('1.0');
  await endReply(service);
  clock.advance(29_000);
  const { how, bytes } = await readToEnd(caller);
  assert.equal(how, 'end');
  assert.ok(bytes > sent - 100, `${bytes} of ${sent}`);
});

test('a reply cut because nobody read it never ends as if it were whole', { timeout: 10_000 }, async () => {
  for (const over of [true, false]) {
    const { clock, gateway, caller, service } = await stuckCaller('1.0');
    if (over) await endReply(service);
    // Past the limit by one look at the clock: each look would count it again before it can close.
    clock.advance(30_150);
    assert.equal((await readToEnd(caller)).how, 'reset', over ? 'after the upstream ended it' : 'in the middle');
    const metrics = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
    assert.match(metrics, /gatehouse_connections_cut_total\{reason="slow_reader"\} 1\n/);
  }
});

test('a reply cut because the gateway stops never ends as if it were whole', { timeout: 10_000 }, async () => {
  for (const over of [true, false]) {
    const { gateway, caller, service } = await stuckCaller('1.0');
    if (over) await endReply(service);
    await gateway.close(20);
    assert.equal((await readToEnd(caller)).how, 'reset', over ? 'after the upstream ended it' : 'in the middle');
  }
});

test('a chunked reply that waits in the gateway outlasts the connection it ends', { timeout: 10_000 }, async () => {
  const { clock, caller, service } = await stuckCaller('1.1');
  await endReply(service);
  clock.advance(29_000);
  caller.socket.resume();
  assert.equal((await caller.reply()).body.length % PIECE.length, 0);
});
