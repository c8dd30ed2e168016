import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { after, test } from 'node:test';
import { createFakeClock } from '../support/clock.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { connectHttp2, type Http2Client, replyOn } from '../support/http2-client.ts';
import {
  codeOf,
  connectFrames,
  DATA,
  dataOf,
  describe,
  END_HEADERS,
  END_STREAM,
  frame,
  headersFrame,
  HEADERS,
  requestFields,
  RST_STREAM,
  settings,
  WINDOW_UPDATE,
  word,
} from '../support/http2-frames.ts';
import { openRoute } from '../support/open-route.ts';
import { oneRound, otherEnd, until } from '../support/other-end.ts';
import { type Behaviour, startUpstream, type TestUpstream } from '../support/upstream.ts';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Around {
  readonly gateway: TestGateway;
  readonly upstream: TestUpstream;
  readonly client: Http2Client;
}

async function within(behaviour: Behaviour | undefined, run: (around: Around) => Promise<void>): Promise<void> {
  const upstream = await startUpstream(behaviour && { behaviour });
  const gateway = await startGateway(openRoute(upstream.url, 'http2: { cleartext: true }'));
  const client = await connectHttp2(gateway.port);
  try {
    await run({ gateway, upstream, client });
  } finally {
    client.close();
    await Promise.all([gateway.close(), upstream.close()]);
  }
}

/** Says `text` once the first bytes of a request have come. */
const says =
  (text: string, then: 'stay' | 'end' | 'reset' = 'stay'): Behaviour =>
  (socket) =>
    socket.once('data', () => {
      if (then === 'end') socket.end(text, 'latin1');
      else socket.write(text, 'latin1', () => then === 'reset' && socket.resetAndDestroy());
    });

test('100 streams at once carry their own bodies both ways, and no other', () =>
  within(undefined, async ({ client }) => {
    await Promise.all(
      Array.from({ length: 1000 }, async (_, id) => {
        const body = `${id}:${'x'.repeat((id * 379) % 30_000)}`;
        const reply = await client.ask(`/${id}`, { method: 'PUT', body });
        const seen = reply.json<{ target: string; body: string }>();
        assert.deepEqual([seen.target, seen.body], [`/${id}`, body]);
      }),
    );
  }));

test('bodies of some megabytes pass whole both ways, with a length and without', () =>
  within(undefined, async ({ client }) => {
    const body = 'abcdefgh'.repeat(500_000);
    for (const headers of [{}, { 'content-length': String(body.length) }]) {
      const reply = await client.ask('/', { method: 'POST', headers, body });
      assert.ok(reply.json<{ body: string }>().body === body);
    }
  }));

test('HEAD, 204 and 304 have no body, and say no more of its length than over HTTP/1.1', async () => {
  for (const [method, head, length] of [
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n', '5'],
    ['GET', 'HTTP/1.1 204 No Content\r\n', undefined],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n', '5'],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n', '0'],
  ] as const) {
    await within(says(`${head}\r\n`), async ({ client }) => {
      const reply = await client.ask('/', { method });
      assert.deepEqual([reply.status, reply.body], [Number(head.slice(9, 12)), '']);
      assert.equal(reply.headers['content-length'], length);
    });
  }
});

test('the first byte of a reply is not held back, nor any after it', async () => {
  let more: (text: string) => void = () => {};
  await within(
    (socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
        more = (text) => void socket.write(text);
      }),
    async ({ client }) => {
      const stream = client.open('/');
      await once(stream, 'response');
      stream.setEncoding('utf8');
      for (const event of ['one', 'two']) {
        const data = once(stream, 'data');
        more(event);
        assert.deepEqual(await data, [event]);
      }
      stream.close(NGHTTP2_CANCEL);
    },
  );
});

test('interim replies and trailers reach a caller as over HTTP/1.1', () => {
  const text =
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '4\r\nbody\r\n0\r\nChecksum: 1\r\nSet-Cookie: never\r\n\r\n';
  return within(
    (socket) => socket.on('data', () => socket.write(text)),
    async ({ client }) => {
      const reply = await client.ask('/', { headers: { te: 'trailers' } });
      assert.deepEqual(
        reply.interim.map((fields) => [fields[':status'], fields.link]),
        [[103, '</a>, </b>']],
      );
      assert.deepEqual([reply.body, reply.trailers['checksum']], ['body', '1']);
      assert.equal(reply.trailers['set-cookie'], undefined);
      const unasked = await client.ask('/');
      assert.deepEqual([unasked.body, unasked.trailers['checksum']], ['body', undefined]);
    },
  );
});

test('a caller that waits for it is told to go on', () =>
  within(undefined, async ({ client }) => {
    const stream = client.open('/', {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': '5' },
      body: '',
    });
    const reply = replyOn(stream);
    await once(stream, 'continue');
    stream.end('hello');
    assert.equal((await reply).json<{ body: string }>().body, 'hello');
  }));

test('RSP-02 RSP-10 a reply that is cut short ends in a reset, with every byte before it and never an end of stream', async () => {
  for (const [text, then] of [
    ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', 'end'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', 'reset'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n', 'end'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nZZ\r\n', 'stay'],
    ['HTTP/1.1 200 OK\r\n\r\npart', 'reset'],
  ] as const) {
    await within(says(text, then), async ({ gateway }) => {
      const connection = await connectFrames(gateway.port);
      connection.send(headersFrame(1));
      const reset = await connection.frame(({ type }) => type === RST_STREAM);
      assert.equal(codeOf(reset), NGHTTP2_INTERNAL_ERROR);
      const ends = connection.frames.filter(({ stream, flags }) => stream === 1 && (flags & END_STREAM) !== 0);
      assert.deepEqual(ends, [], describe(connection.frames));
      // The session goes on.
      connection.send(headersFrame(3));
      await connection.frame(({ stream }) => stream === 3);
      connection.close();
    });
  }
});

test('H1-29 a stream that is cancelled takes the upstream request along, and its connection is not used again', async () => {
  for (const closes of ['stream', 'session', 'socket'] as const) {
    let received = 0;
    await within(
      (socket) => void socket.on('data', () => received++),
      async ({ gateway, upstream, client }) => {
        const stream = client.open('/');
        stream.on('error', () => {});
        await until(() => received > 0);
        if (closes === 'stream') stream.close(NGHTTP2_CANCEL);
        else if (closes === 'session') client.close();
        else client.session.socket.destroy();
        await until(() => upstream.open() === 0);
        const [line] = await gateway.accessLines(1);
        assert.deepEqual([line!.status, line!.refusal], [499, undefined]);
      },
    );
  }
});

test('H2-08 a service never sees a whole body where length and DATA differ, or where the stream is reset', async () => {
  const upload = (length: string | undefined) =>
    headersFrame(1, requestFields('POST', '/', length === undefined ? [] : [['content-length', length]]), END_HEADERS);
  const data = (text: string, flags = 0) => frame(DATA, flags, 1, text);
  for (const [title, send] of [
    ['too short', [upload('5'), data('abc', END_STREAM)]],
    ['too long, at once', [upload('3'), data('abcd', END_STREAM)]],
    ['too long, after its length', [upload('3'), data('abc'), data('d', END_STREAM)]],
    ['whole by its length, then reset', [upload('3'), data('abc'), frame(RST_STREAM, 0, 1, word(NGHTTP2_CANCEL))]],
    [
      'whole by its length, then reset without an error',
      [upload('3'), data('abc'), frame(RST_STREAM, 0, 1, word(NGHTTP2_NO_ERROR))],
    ],
    [
      'without a length, then reset without an error',
      [upload(undefined), data('abc'), frame(RST_STREAM, 0, 1, word(NGHTTP2_NO_ERROR))],
    ],
    ['nothing by its length, then reset', [upload('0'), frame(RST_STREAM, 0, 1, word(NGHTTP2_NO_ERROR))]],
  ] as const) {
    await within(undefined, async ({ gateway, upstream, client }) => {
      const connection = await connectFrames(gateway.port);
      // Byte by byte in time: each frame is read before the next is sent.
      for (const one of send) {
        connection.send(one);
        const { socket } = connection;
        const mine = connection.closed ? undefined : await otherEnd(socket).catch(() => undefined);
        await until(() => mine === undefined || mine.destroyed || mine.bytesRead >= socket.bytesWritten);
        for (let at = 0; at < 3; at++) await oneRound();
      }
      await client.ask('/after');
      assert.deepEqual(
        upstream.received.map(({ target }) => target),
        ['/after'],
        title,
      );
      connection.close();
    });
  }
});

test('an answer before the upload is over is whole, and then the rest is not wanted', async () => {
  const gateway = await startGateway(`
http2: { cleartext: true }
upstreams: { service: { targets: ["http://127.0.0.1:1"] } }
routes: [{ path: /small, kind: operations, upstream: service, auth: none, rate_limit: none, max_body: 10b }]
`);
  try {
    const connection = await connectFrames(gateway.port);
    for (const [stream, path, status] of [
      [1, '/nothing', 404],
      [3, '/small', 413],
    ] as const) {
      const fields = requestFields('POST', path, [['content-length', '1000']]);
      connection.send(headersFrame(stream, fields, END_HEADERS), frame(DATA, 0, stream, 'x'.repeat(100)));
      const reset = await connection.frame((one) => one.type === RST_STREAM && one.stream === stream);
      assert.equal(codeOf(reset), NGHTTP2_NO_ERROR);
      const body = JSON.parse(dataOf(connection.frames, stream).toString()) as { status: number };
      assert.equal(body.status, status);
      const last = connection.frames.findLast((one) => one.stream === stream && one.type !== RST_STREAM);
      assert.ok((last!.flags & END_STREAM) !== 0, 'the reply has its end');
    }
    connection.close();
  } finally {
    await gateway.close();
  }
});

test('RSP-11 a caller who opens no window holds the upstream back, and gets it all when it does', async () => {
  const total = 8_000_000;
  let sent = 0;
  await within(
    (socket) =>
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
        const piece = Buffer.alloc(100_000, 'x');
        const write = (): void => {
          while (sent < total) {
            sent += piece.length;
            if (!socket.write(piece)) return;
          }
        };
        socket.on('drain', write);
        write();
      }),
    async ({ gateway }) => {
      const connection = await connectFrames(gateway.port, { settings: settings([4, 0]) });
      connection.send(headersFrame(1));
      await connection.frame(({ type }) => type === HEADERS);
      let before = -1;
      while (sent !== before) {
        before = sent;
        for (let at = 0; at < 50; at++) await oneRound();
      }
      assert.ok(sent < total, 'the rest waits in the service');
      assert.equal(dataOf(connection.frames, 1).length, 0);
      connection.send(frame(WINDOW_UPDATE, 0, 0, word(total)), frame(WINDOW_UPDATE, 0, 1, word(total + 1)));
      await connection.frame(({ type, flags }) => type === DATA && (flags & END_STREAM) !== 0);
      assert.equal(dataOf(connection.frames, 1).length, total);
      connection.close();
    },
  );
});

test('a service that reads nothing holds the caller back, and nobody else on the connection', async () => {
  await within(
    (socket, number) => {
      if (number === 0) socket.pause();
      else socket.on('data', () => socket.write(OK));
    },
    async ({ client }) => {
      const stream = client.open('/', { method: 'POST', body: '' });
      stream.on('error', () => {});
      let taken = 0;
      let before = -1;
      const piece = Buffer.alloc(65_536);
      const write = (): void =>
        void stream.write(piece, (error) => {
          if (error) return;
          taken += piece.length;
          write();
        });
      write();
      while (taken !== before) {
        before = taken;
        for (let at = 0; at < 200; at++) await oneRound();
      }
      assert.ok(taken < 64_000_000, `${taken}`);
      assert.equal((await client.ask('/other')).body, 'ok');
      stream.close(NGHTTP2_CANCEL);
    },
  );
});

test('a gateway that stops lets streams end, begins no more, and then cuts them', async () => {
  const answers: (() => void)[] = [];
  const upstream = await startUpstream({
    behaviour: (socket) => socket.on('data', () => answers.push(() => void socket.write(OK))),
  });
  after(() => upstream.close());
  const clock = createFakeClock();
  const gateway = await startGateway(openRoute(upstream.url, 'http2: { cleartext: true }'), { clock });
  const client = await connectHttp2(gateway.port);
  const idle = await connectHttp2(gateway.port);
  const patient = client.ask('/patient');
  const stuck = client.ask('/stuck');
  stuck.catch(() => {});
  await until(() => answers.length === 2);
  const goaway = once(client.session, 'goaway');
  const idleEnds = once(idle.session, 'close');
  const closed = gateway.close(500);
  // Who has asked for nothing yet is told once it is clear that nothing is on its way.
  clock.advance(1100);
  await goaway;
  clock.advance(1100);
  await idleEnds;
  await assert.rejects(client.ask('/late'));
  answers[0]!();
  assert.equal((await patient).body, 'ok');
  await assert.rejects(stuck);
  await closed;
  assert.equal(answers.length, 2);
});
