import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

const COUNT = 20_000;
const LETTERS = Array.from({ length: COUNT }, (_, at) => String.fromCharCode(97 + (at % 26)));
const TINY = `${LETTERS.map((letter) => `1\r\n${letter}\r\n`).join('')}0\r\n\r\n`;
/** 120 kB may come in some dozens of reads; each makes a chunk. */
const MOST_CHUNKS = 200;

let seen = '';
const upstream = await startUpstream({
  behaviour(socket) {
    socket.on('data', (bytes) => {
      seen += bytes.toString('latin1');
      if (seen.startsWith('GET /tiny')) socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${TINY}`);
      else if (seen.endsWith('\r\n0\r\n\r\n')) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
      else return;
      if (seen.startsWith('GET /tiny')) seen = '';
    });
  },
});
const gateway = await startGateway(openRoute(upstream.url));
after(() => Promise.all([gateway.close(), upstream.close()]));

/** The data of a chunked body and how many chunks it came in. */
function readChunks(text: string): { data: string; chunks: number } {
  let data = '';
  let chunks = 0;
  for (let at = 0; ;) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!(size > 0)) return { data, chunks };
    data += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
    chunks++;
  }
}

test('an upload in chunks of one byte reaches the service in few', { timeout: 10_000 }, async () => {
  const caller = await connectRaw(gateway.port);
  caller.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${TINY}`);
  assert.equal((await caller.reply('POST')).status, 204);
  const { data, chunks } = readChunks(seen.slice(seen.indexOf('\r\n\r\n') + 4));
  seen = '';
  assert.equal(data, LETTERS.join(''));
  assert.ok(chunks < MOST_CHUNKS, `${chunks} chunks`);
  caller.close();
});

test('a reply in chunks of one byte reaches the caller in few', { timeout: 10_000 }, async () => {
  const caller = await connectRaw(gateway.port);
  let text = '';
  caller.socket.on('data', (bytes) => (text += bytes.toString('latin1')));
  caller.send(requestText('/tiny'));
  assert.equal((await caller.reply()).body, LETTERS.join(''));
  const { chunks } = readChunks(text.slice(text.indexOf('\r\n\r\n') + 4));
  assert.ok(chunks < MOST_CHUNKS, `${chunks} chunks`);
  caller.close();
});

test('chunks of all sizes and the request behind them are read as they were sent', { timeout: 10_000 }, async () => {
  const echo = await startUpstream();
  const behind = await startGateway(openRoute(echo.url));
  const pieces = [1, 1, 300, 1, 5000, 2, 1, 17].map((length, at) => String.fromCharCode(65 + at).repeat(length));
  const body = pieces.map((piece) => `${piece.length.toString(16)};ext=1\r\n${piece}\r\n`).join('');
  const caller = await connectRaw(behind.port);
  caller.send(
    `POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n${requestText('/second')}`,
  );
  assert.equal((await caller.reply('POST')).status, 200);
  assert.equal((await caller.reply()).status, 200);
  assert.deepEqual(
    echo.received.map(({ target, body: got }) => [target, got]),
    [
      ['/first', pieces.join('')],
      ['/second', ''],
    ],
  );
  caller.close();
  await behind.close();
  await echo.close();
});
