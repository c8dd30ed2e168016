import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { cutFor } from '../support/cut-connections.ts';
import { startGateway } from '../support/gateway.ts';
import {
  ACK,
  CANCEL,
  codeOf,
  connectFrames,
  CONTINUATION,
  DATA,
  dataOf,
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  type FrameConnection,
  type FramesOptions,
  GOAWAY,
  HEADERS,
  headersFrame,
  NO_ERROR,
  PING,
  PREFACE,
  requestFields,
  RST_STREAM,
  SETTINGS,
  settings,
} from '../support/http2-frames.ts';
import { openRoute } from '../support/open-route.ts';
import { oneRound, otherEnd, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const clock = createFakeClock();
const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url, 'http2: { cleartext: true }'), { clock });
after(() => Promise.all([gateway.close(), upstream.close()]));

const POST = requestFields('POST');
const SWEEP_MS = 100;

const cut = (reason: string) => cutFor(gateway.adminPort, reason);

/** A connection whose SETTINGS were acknowledged both ways. */
async function connectSettled(options: FramesOptions = {}): Promise<FrameConnection> {
  const connection = await connectFrames(gateway.port, options);
  await connection.frame(({ type, flags }) => type === SETTINGS && flags === ACK);
  await read(connection);
  return connection;
}

/** Until the gateway has read all that was sent. */
async function read({ socket }: FrameConnection): Promise<void> {
  const theirs = await otherEnd(socket);
  await until(() => theirs.destroyed || theirs.bytesRead >= socket.bytesWritten);
  for (let at = 0; at < 3; at++) await oneRound();
}

test('DOS-01 a caller that does not get as far as a request is cut off and counted', async () => {
  const before = await cut('slow_head');
  const part = await connectFrames(gateway.port, { silent: true });
  part.send(PREFACE.subarray(0, 10));
  await read(part);
  const preface = await connectFrames(gateway.port, { silent: true });
  preface.send(PREFACE);
  await read(preface);
  const unsettled = await connectFrames(gateway.port, { silent: true });
  unsettled.send(PREFACE, frame(SETTINGS, 0, 0));
  await unsettled.frame(({ type, flags }) => type === SETTINGS && flags === ACK);
  clock.advance(9000);
  await oneRound();
  assert.ok(![part, preface, unsettled].some(({ closed }) => closed));
  clock.advance(1100);
  await Promise.all([part.ended, preface.ended, unsettled.ended]);
  assert.equal(await cut('slow_head'), before + 3);
});

test('a connection on which nothing is said is closed in the end, without being counted', async () => {
  const before = await cut('slow_head');
  const silent = await connectRaw(gateway.port);
  const idle = await connectSettled();
  clock.advance(30_000);
  // Who only says that it is there has nothing to say.
  idle.send(frame(PING, 0, 0, Buffer.alloc(8)));
  await idle.frame(({ type, flags }) => type === PING && flags === ACK);
  clock.advance(30_500);
  assert.equal(await silent.ended(), '');
  assert.equal(codeOf(await idle.frame(({ type }) => type === GOAWAY)), NO_ERROR);
  await idle.ended;
  assert.equal(await cut('slow_head'), before);
});

test('DOS-01 a head that never ends is cut off, whether or not more of it comes', async () => {
  for (const drips of [true, false]) {
    const before = await cut('slow_head');
    const connection = await connectFrames(gateway.port, { silent: true });
    connection.send(PREFACE, frame(SETTINGS, 0, 0), frame(SETTINGS, ACK, 0));
    connection.send(frame(HEADERS, END_STREAM, 1, fieldBlock(requestFields())));
    await read(connection);
    for (let second = 0; second < 9; second++) {
      clock.advance(1000);
      if (drips && second % 3 === 0) connection.send(frame(CONTINUATION, 0, 1, fieldBlock([['x', 'y']])));
      await read(connection);
    }
    assert.ok(!connection.closed);
    clock.advance(1500);
    await connection.ended;
    assert.equal(await cut('slow_head'), before + 1);
  }
});

test('a head that was refused by the frame is not taken for one that never ends', async () => {
  const connection = await connectSettled();
  connection.send(headersFrame(1, requestFields('GET', '/', [['X-Capital', 'y']])));
  await connection.frame(({ type }) => type === RST_STREAM);
  clock.advance(SWEEP_MS);
  await connection.frame(({ type, flags }) => type === PING && flags === 0);
  await read(connection);
  clock.advance(20_000);
  await oneRound();
  assert.ok(!connection.closed);
  connection.send(headersFrame(3));
  await connection.frame(({ stream, flags }) => stream === 3 && (flags & END_STREAM) !== 0);
  connection.close();
});

test('DOS-02 a body that stalls is answered with 408 and leaves the upstream; its neighbours do not notice', async () => {
  clock.advance(5000);
  await until(() => upstream.open() === 0);
  const before = await cut('slow_body');
  const connection = await connectSettled();
  connection.send(headersFrame(1, POST, END_HEADERS), frame(DATA, 0, 1, 'part'));
  await until(() => upstream.open() > 0);
  await read(connection);
  clock.advance(31_000);
  await connection.frame(({ type, stream, flags }) => type === DATA && stream === 1 && (flags & END_STREAM) !== 0);
  assert.equal((JSON.parse(dataOf(connection.frames, 1).toString()) as { status: number }).status, 408);
  assert.equal(await cut('slow_body'), before + 1);
  await until(() => upstream.open() === 0);
  connection.send(headersFrame(3));
  await connection.frame(({ stream, flags }) => stream === 3 && (flags & END_STREAM) !== 0);
  connection.close();
});

test('total time is limited, however slowly a body comes', async () => {
  const connection = await connectSettled();
  connection.send(headersFrame(1, POST, END_HEADERS));
  for (let at = 0; at < 6; at++) {
    connection.send(frame(DATA, 0, 1, 'x'));
    await read(connection);
    clock.advance(10_000);
  }
  clock.advance(SWEEP_MS);
  await connection.frame(({ type, flags }) => type === DATA && (flags & END_STREAM) !== 0);
  assert.equal((JSON.parse(dataOf(connection.frames, 1).toString()) as { status: number }).status, 408);
  connection.close();
});

test('H2-05 replies that nobody opens a window for are given up after a while', async () => {
  const before = await cut('slow_reader');
  const connection = await connectSettled({ settings: settings([4, 0]) });
  const streams = Array.from({ length: 100 }, (_, at) => 1 + 2 * at);
  connection.send(...streams.map((stream) => headersFrame(stream)));
  for (const stream of streams) await connection.frame((one) => one.type === HEADERS && one.stream === stream);
  clock.advance(29_000);
  await oneRound();
  assert.ok(!connection.frames.some(({ type }) => type === RST_STREAM));
  clock.advance(2000);
  for (const stream of streams) {
    const reset = await connection.frame((one) => one.type === RST_STREAM && one.stream === stream);
    assert.equal(codeOf(reset), CANCEL);
  }
  assert.equal(await cut('slow_reader'), before + 100);
  connection.close();
});

test('DOS-02 a caller that does not read at all is cut off', async () => {
  const big = await startUpstream({
    behaviour: (socket) => socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1_000_000)}`)),
  });
  const large = await startGateway(openRoute(big.url, 'http2: { cleartext: true }'), { clock });
  const connection = await connectFrames(large.port, { settings: settings([4, 0x7fff_ffff]) });
  await connection.frame(({ type, flags }) => type === SETTINGS && flags === ACK);
  const theirs = await otherEnd(connection.socket);
  connection.socket.pause();
  connection.send(frame(8, 0, 0, Buffer.from([0x7f, 0, 0, 0])));
  for (let at = 0; at < 20; at++) connection.send(headersFrame(1 + 2 * at));
  let before = -1;
  while (theirs.bytesWritten !== before) {
    before = theirs.bytesWritten;
    for (let at = 0; at < 50; at++) await oneRound();
  }
  clock.advance(31_000);
  await oneRound();
  clock.advance(31_000);
  await until(() => theirs.destroyed);
  await until(() => big.open() === 0);
  await Promise.all([large.close(), big.close()]);
});
