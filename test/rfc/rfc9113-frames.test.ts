import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import {
  codeOf,
  connectFrames,
  describe,
  END_STREAM,
  type Frame,
  frame,
  GOAWAY,
  HEADERS,
  headersFrame,
  PING,
  RST_STREAM,
} from '../support/http2-frames.ts';
import { frameRows } from '../support/http2-rows.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url, 'http2: { cleartext: true }'));
after(() => Promise.all([gateway.close(), upstream.close()]));

/** What the gateway itself writes. */
const KNOWN = new Set([
  'host',
  'via',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-request-id',
  'traceparent',
]);

const onStream1 = ({ type, stream }: Frame) => (type === HEADERS || type === RST_STREAM) && stream === 1;

for (const { section, title, send, expect, silent = false, malformed = false } of frameRows) {
  test(`H2-01 ${section} ${title}: ${expect}`, async () => {
    const before = upstream.received.length;
    const connection = await connectFrames(gateway.port, { silent });
    connection.send(...send);
    if (expect === 'connection_error') await connection.ended;
    else if (expect === 'answer') {
      const last = await connection.frame(({ stream, flags }) => stream === 1 && (flags & END_STREAM) !== 0);
      assert.notEqual(last.type, RST_STREAM);
      // Nor is anybody else on the connection the worse for it.
      connection.send(headersFrame(99));
      await connection.frame(({ type, stream }) => type === HEADERS && stream === 99);
    } else if (expect === 'passed_over') {
      connection.send(headersFrame(99));
      await connection.frame(({ stream, flags }) => stream === 99 && (flags & END_STREAM) !== 0);
      const served = new Set(connection.frames.map(({ stream }) => stream));
      assert.ok(!served.has(3), describe(connection.frames));
      for (const { headers } of upstream.received.slice(before)) {
        assert.deepEqual(
          headers.filter(([name]) => !KNOWN.has(name.toLowerCase())),
          [],
        );
      }
    } else {
      await Promise.race([connection.ended, connection.frame(onStream1).catch(() => {})]);
      const reset = connection.frames.find(({ type }) => type === RST_STREAM || type === GOAWAY);
      assert.ok(reset !== undefined && codeOf(reset) !== 0, describe(connection.frames));
    }
    connection.close();
    if (malformed) assert.equal(upstream.received.length, before);
  });
}

test('H2-01 6.7 a PING is answered with the same bytes', async () => {
  const connection = await connectFrames(gateway.port);
  connection.send(frame(PING, 0, 0, 'gatehous'));
  const answer = await connection.frame(({ type }) => type === PING);
  assert.deepEqual([answer.flags, answer.payload.toString()], [1, 'gatehous']);
  connection.close();
});
