import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import {
  ACK,
  connectFrames,
  END_STREAM,
  fieldBlock,
  frame,
  HEADERS,
  headersFrame,
  requestFields,
  SETTINGS,
  settings,
  WINDOW_UPDATE,
  word,
} from '../support/http2-frames.ts';
import { openRoute } from '../support/open-route.ts';
import { oneRound, otherEnd, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const INITIAL_WINDOW = 4;
const MOST = 0x7fff_ffff;
const LENGTH = 20_000_000;

test('a session that is ended while its caller reads nothing is closed 2 seconds later', async () => {
  const clock = createFakeClock();
  const upstream = await startUpstream({
    behaviour: (socket) =>
      socket.once('data', () =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\n${'x'.repeat(LENGTH)}`),
      ),
  });
  const gateway = await startGateway(openRoute(upstream.url, 'http2: { cleartext: true }'), { clock });
  const connection = await connectFrames(gateway.port, { settings: settings([INITIAL_WINDOW, MOST]) });
  try {
    await connection.frame(({ type, flags }) => type === SETTINGS && flags === ACK);
    const theirs = await otherEnd(connection.socket);
    connection.socket.pause();
    connection.send(
      frame(WINDOW_UPDATE, 0, 0, word(MOST - 65_535)),
      headersFrame(1),
      // A head that never ends is what the session is ended for.
      frame(HEADERS, END_STREAM, 3, fieldBlock(requestFields())),
    );
    let written = -1;
    while (theirs.bytesWritten < 100_000 || theirs.bytesWritten > written) {
      written = theirs.bytesWritten;
      for (let round = 0; round < 100; round++) await oneRound();
    }
    for (let at = 0; at < 102; at++) {
      clock.advance(100);
      await oneRound();
    }
    assert.match(gateway.plan.metrics.render(), /reason="slow_head"\} 1\n/);
    for (let at = 0; at < 21; at++) {
      clock.advance(100);
      await oneRound();
    }
    await until(() => theirs.destroyed);
  } finally {
    connection.close();
    await Promise.all([gateway.close(), upstream.close()]);
  }
});
