import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { cutFor } from '../support/cut-connections.ts';
import { startGateway } from '../support/gateway.ts';
import { connectHttp2 } from '../support/http2-client.ts';
import {
  ACK,
  codeOf,
  connectFrames,
  CONTINUATION,
  DATA,
  dataOf,
  describe,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  fieldBlock,
  frame,
  type FrameConnection,
  HEADERS,
  headersFrame,
  hpackInteger,
  hpackLiteral,
  PING,
  PREFACE,
  PRIORITY,
  REFUSED_STREAM,
  requestFields,
  resetFrame,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  word,
} from '../support/http2-frames.ts';
import { openRoute } from '../support/open-route.ts';
import { oneRound, until } from '../support/other-end.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startUpstream } from '../support/upstream.ts';

const clock = createFakeClock();
const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url, 'http2: { cleartext: true }'), { clock });
after(() => Promise.all([gateway.close(), upstream.close()]));

const POST = requestFields('POST');
const SWEEP_MS = 100;

const cut = async (...reasons: readonly string[]): Promise<number> =>
  (await Promise.all(reasons.map((reason) => cutFor(gateway.adminPort, reason)))).reduce((sum, one) => sum + one, 0);

/** A session that `attack` is to bring to its end, while a neighbour is served all the time. */
async function endsAlone(reasons: readonly string[], attack: (connection: FrameConnection) => void): Promise<void> {
  const before = await cut(...reasons);
  const neighbour = await connectHttp2(gateway.port);
  const connection = await connectFrames(gateway.port);
  await connection.frame(({ type, flags }) => type === SETTINGS && flags === ACK);
  attack(connection);
  const served = await neighbour.ask('/neighbour');
  while (!connection.closed) {
    clock.advance(SWEEP_MS);
    await oneRound();
  }
  assert.equal(served.status, 200);
  assert.equal((await neighbour.ask('/neighbour')).status, 200);
  neighbour.close();
  connection.close();
  assert.equal(await cut(...reasons), before + 1);
}

test('H2-02 streams that are reset as soon as they are begun end the session, and few of them are served', async () => {
  const before = upstream.received.length;
  await endsAlone(['resets', 'protocol'], (connection) => {
    for (let at = 0; at < 10_000; at++) connection.send(headersFrame(1 + 2 * at), resetFrame(1 + 2 * at));
  });
  assert.ok(upstream.received.length - before < 1000);
});

test('H2-02 the same in small portions, of requests that are under way', async () => {
  const silent = await startUpstream({ behaviour: (socket) => void socket.resume() });
  const waiting = await startGateway(openRoute(silent.url, 'http2: { cleartext: true }'), { clock });
  const connection = await connectFrames(waiting.port);
  let stream = 1;
  while (!connection.closed && stream < 2000) {
    connection.send(headersFrame(stream));
    await oneRound();
    connection.send(resetFrame(stream));
    await oneRound();
    stream += 2;
  }
  await connection.ended;
  assert.ok(stream < 2000, 'ended before 1000 streams');
  assert.equal(await cutFor(waiting.adminPort, 'resets'), 1);
  await until(() => silent.open() === 0);
  await Promise.all([waiting.close(), silent.close()]);
});

test('H2-03 streams that the gateway is made to reset are counted alike', async () => {
  for (const provoke of [
    (stream: number) => [headersFrame(stream, POST, END_HEADERS), frame(WINDOW_UPDATE, 0, stream, word(0x7fff_ffff))],
    (stream: number) => [
      headersFrame(stream, requestFields('POST', '/', [['content-length', '5']]), END_HEADERS),
      frame(DATA, END_STREAM, stream, 'abc'),
    ],
    (stream: number) => [headersFrame(stream, requestFields('GET', '/', [['connection', 'close']]))],
  ]) {
    await endsAlone(['resets', 'protocol'], (connection) => {
      for (let at = 0; at < 400; at++) connection.send(...provoke(1 + 2 * at));
    });
  }
});

test('a caller who cancels some of many streams is let be', async () => {
  const connection = await connectFrames(gateway.port);
  for (let at = 0; at < 100; at++) connection.send(headersFrame(1 + 2 * at), resetFrame(1 + 2 * at));
  connection.send(headersFrame(999));
  await connection.frame(({ stream, flags }) => stream === 999 && (flags & END_STREAM) !== 0);
  connection.close();
});

test('H2-04 a head of CONTINUATION frames without end is cut off under the limit', async () => {
  for (const piece of ['', 'y'.repeat(1000)]) {
    await endsAlone(['protocol'], (connection) => {
      connection.send(frame(HEADERS, END_STREAM, 1, fieldBlock(requestFields())));
      const field = piece === '' ? '' : fieldBlock([['x', piece]]);
      for (let at = 0; at < 1000; at++) connection.send(frame(CONTINUATION, 0, 1, field));
    });
  }
});

test('H2-05 a head that is small on the wire and large in memory is refused, by bytes and by fields', async () => {
  const requestStart = fieldBlock(requestFields());
  const entry = hpackLiteral(['x', 'y'.repeat(3900)], true);
  const named = hpackInteger(62, 7, 0x80);
  const crumb = hpackLiteral(['cookie', 'a=1'], true);
  const head = (first: Buffer, count: number) =>
    frame(
      HEADERS,
      END_STREAM | END_HEADERS,
      1,
      Buffer.concat([requestStart, first, ...Array.from({ length: count }, () => named)]),
    );
  for (const [title, sent] of [
    ['an entry named 20 times', head(entry, 20)],
    ['an entry named 10,000 times', head(entry, 10_000)],
    ['150 pieces of a cookie', head(crumb, 149)],
    ['10,000 pieces of a cookie', head(crumb, 9999)],
  ] as const) {
    const connection = await connectFrames(gateway.port);
    await connection.frame(({ type, flags }) => type === SETTINGS && flags === ACK);
    connection.send(sent);
    const end = await connection.frame(
      ({ stream, flags, type }) => stream === 1 && (type === RST_STREAM || flags === END_STREAM),
    );
    if (end.type === RST_STREAM) assert.equal(codeOf(end), ENHANCE_YOUR_CALM, title);
    else assert.equal((JSON.parse(dataOf(connection.frames, 1).toString()) as { status: number }).status, 431, title);
    connection.close();
  }
});

test('H2-09 100 streams at once are served, and no more', async () => {
  const answers: (() => void)[] = [];
  const slow = await startUpstream({
    behaviour: (socket) =>
      socket.on('data', () => answers.push(() => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))),
  });
  const busy = await startGateway(openRoute(slow.url, 'http2: { cleartext: true }'), { clock });
  const hundred = Array.from({ length: 100 }, (_, at) => headersFrame(1 + 2 * at));
  const tooMany = [headersFrame(201), headersFrame(203)];

  const unsettled = await connectFrames(busy.port, { silent: true });
  unsettled.send(PREFACE, frame(SETTINGS, 0, 0));
  const first = await unsettled.frame(({ type }) => type === SETTINGS);
  const said = new Map<number, number>();
  for (let at = 0; at < first.payload.length; at += 6) {
    said.set(first.payload.readUInt16BE(at), first.payload.readUInt32BE(at + 2));
  }
  assert.equal(said.get(3), 100, 'MAX_CONCURRENT_STREAMS');
  assert.equal(said.get(8) ?? 0, 0, 'ENABLE_CONNECT_PROTOCOL');
  // What is not acknowledged is kept to all the same.
  unsettled.send(...hundred, ...tooMany);
  await until(() => answers.length === 100);
  const reset = await unsettled.frame(({ type, stream }) => type === RST_STREAM && stream === 201);
  assert.equal(codeOf(reset), REFUSED_STREAM);
  unsettled.close();
  await until(() => slow.open() === 0);

  const settled = await connectFrames(busy.port);
  await settled.frame(({ type, flags }) => type === SETTINGS && flags === 0);
  settled.send(...hundred);
  await until(() => answers.length === 200);
  settled.send(...tooMany);
  await settled.ended;
  assert.equal(answers.length, 200);
  await until(() => slow.open() === 0);
  await Promise.all([busy.close(), slow.close()]);
});

test('H2-09 floods of frames that ask for nothing end the session', async () => {
  const many = (one: Buffer) => Buffer.concat(Array.from({ length: 50_000 }, () => one));
  const rows: readonly (readonly [title: string, first: Buffer, flood: Buffer])[] = [
    ['PING', Buffer.alloc(0), frame(PING, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', Buffer.alloc(0), frame(SETTINGS, 0, 0)],
    ['PRIORITY', Buffer.alloc(0), frame(PRIORITY, 0, 1, Buffer.alloc(5))],
    ['WINDOW_UPDATE', Buffer.alloc(0), frame(WINDOW_UPDATE, 0, 0, word(1))],
    ['empty DATA', headersFrame(1, POST, END_HEADERS), frame(DATA, 0, 1)],
    ['frames of no known type', Buffer.alloc(0), frame(0x16, 0, 0, 'x')],
  ];
  for (const [title, first, one] of rows) {
    for (const reads of [true, false]) {
      await endsAlone(['flood', 'protocol'], (connection) => {
        // Who does not read what is answered has that pile up.
        if (!reads) connection.socket.pause();
        connection.send(first, many(one));
        if (!reads) void until(() => connection.socket.bytesWritten > 100_000).then(() => connection.socket.resume());
      }).catch((error: unknown) => {
        throw new Error(`${title}, ${reads ? 'read' : 'unread'}`, { cause: error });
      });
    }
  }
});

test('H2-06 1,000 sessions that end in an error leave nothing behind, and the process alive', async () => {
  const apart = await startGatewayProcess(openRoute(upstream.url, 'http2: { cleartext: true }'));
  const attacks: readonly (readonly Buffer[])[] = [
    [frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.from([0x40]))],
    [frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.alloc(100, 0xff))],
    [frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.from([0x80]))],
    [headersFrame(1, POST, END_HEADERS), frame(HEADERS, END_HEADERS, 1, Buffer.from([0x3f, 0xff, 0xff, 0xff]))],
    [headersFrame(0)],
  ];
  const storm = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, offset) => {
          const connection = await connectFrames(apart.port);
          connection.send(...attacks[(at + offset) % attacks.length]!);
          await connection.ended;
          connection.close();
        }),
      );
    }
  };
  await storm(300);
  const before = await apart.residentBytes();
  await storm(1000);
  const grown = (await apart.residentBytes()) - before;
  assert.ok(grown < 40_000_000, `${grown} bytes more`);
  assert.equal(await cutFor(apart.adminPort, 'protocol'), 1300);
  const text = await fetch(`http://127.0.0.1:${apart.adminPort}/metrics`).then((reply) => reply.text());
  assert.match(text, /^gatehouse_connections_open 0$/m);
  assert.equal((await ask(apart.port, '/')).status, 200);
  assert.equal(await apart.stop(), 0);
});

test('H2-06 an error of one stream, or the caller’s anger, is no error of anybody else', async () => {
  const connection = await connectFrames(gateway.port);
  connection.send(
    headersFrame(
      1,
      requestFields('GET', '/', [
        ['x-test', 'y'],
        ['X-Test', 'y'],
      ]),
    ),
    headersFrame(3),
    // GOAWAY with an error.
    frame(7, 0, 0, word(0, 2)),
  );
  await connection.ended;
  assert.ok(
    !connection.frames.some(({ type, stream }) => type === HEADERS && stream === 1),
    describe(connection.frames),
  );
  assert.equal((await ask(gateway.port, '/')).status, 200);
});
