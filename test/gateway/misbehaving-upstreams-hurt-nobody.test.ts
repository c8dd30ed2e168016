import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream, type Behaviour, type TestUpstream } from '../support/upstream.ts';
import type { TestGateway } from '../support/gateway.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Runs `test` with a gateway before an upstream of that behaviour. */
async function withUpstream(
  behaviour: Behaviour,
  body: (gateway: TestGateway, upstream: TestUpstream) => Promise<void>,
  more?: string,
): Promise<void> {
  const upstream = await startUpstream({ behaviour });
  const gateway = await startGateway(openRoute(upstream.url, more));
  try {
    await body(gateway, upstream);
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

/** Answers every read with the same bytes. */
const says =
  (text: string, andThen: 'end' | 'reset' | 'stay' = 'stay'): Behaviour =>
  (socket) => {
    socket.on('data', () => {
      socket.write(text, 'latin1', () => {
        if (andThen === 'end') socket.end();
        if (andThen === 'reset') socket.resetAndDestroy();
      });
    });
  };

test('RSP-01 RSP-02 RSP-05 RSP-06 RSP-08 an answer that breaks the protocol is 502 and its connection is gone', async () => {
  for (const text of [
    'SSH-2.0-OpenSSH_9.2\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/2 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nX: a\u0000b\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: upgrade\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(30),
    `HTTP/1.1 200 OK\r\n${'X-Many: 1\r\n'.repeat(1000)}Content-Length: 2\r\n\r\nok`,
    `HTTP/1.1 200 OK\r\nX-Large: ${'x'.repeat(100_000)}\r\nContent-Length: 2\r\n\r\nok`,
  ]) {
    await withUpstream(says(text), async (gateway, upstream) => {
      const reply = await ask(gateway.port, '/');
      assert.equal(reply.status, 502, JSON.stringify(text.slice(0, 60)));
      assert.equal(reply.json().code, 'upstream_protocol');
      assert.ok(!reply.body.includes('127.0.0.1'), 'RSP-13 no upstream address');
      while (upstream.open() > 0) await new Promise((resolve) => setImmediate(resolve));
    });
  }
});

test('RSP-02 RSP-10 a reply that is cut short is never passed off as whole', async () => {
  for (const [text, end] of [
    ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', 'end'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart', 'reset'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n', 'end'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nZZ\r\n', 'stay'],
  ] as const) {
    await withUpstream(says(text, end), async (gateway) => {
      await assert.rejects(ask(gateway.port, '/'), /ended/);
      const [line] = await gateway.accessLines(1);
      assert.equal(line!.status, 200);
      assert.equal(line!.refusal, undefined, 'the upstream gave this answer, as far as it went');
    });
  }
});

test('RSP-10 an upstream that refuses, or resets before it answers, is 502', async () => {
  const gone = await startUpstream();
  await gone.close();
  const orphan = await startGateway(openRoute(gone.url));
  assert.equal((await ask(orphan.port, '/')).json().code, 'upstream_unreachable');
  await orphan.close();
  await withUpstream(
    (socket) => void socket.on('data', () => socket.resetAndDestroy()),
    async (gateway) => {
      assert.equal((await ask(gateway.port, '/', { method: 'POST', body: 'x' })).json().code, 'upstream_unreachable');
    },
  );
});

test('RSP-04 what an upstream says out of turn reaches nobody', async () => {
  await withUpstream(
    (socket) => void socket.on('data', () => socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen`)),
    async (gateway, upstream) => {
      for (let at = 0; at < 5; at++) assert.equal((await ask(gateway.port, '/')).body, 'ok');
      assert.equal(upstream.connections(), 5, 'a connection that said too much is not used again');
    },
  );
  // Later, on the idle connection.
  let idle: (() => void) | undefined;
  await withUpstream(
    (socket, number) => {
      socket.on('data', () => socket.write(OK));
      if (number === 0) idle = () => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen');
    },
    async (gateway, upstream) => {
      assert.equal((await ask(gateway.port, '/')).body, 'ok');
      idle!();
      while (upstream.open() > 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal((await ask(gateway.port, '/')).body, 'ok');
    },
  );
});

test('RSP-06 interim replies are passed on, but 100 is the gateway’s own to send', async () => {
  await withUpstream(
    says(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`),
    async (gateway) => {
      const connection = await connectRaw(gateway.port);
      connection.send(requestText('/'));
      const hints = await connection.reply();
      assert.equal(hints.status, 103);
      assert.equal(hints.headers.get('link'), '</a>');
      assert.equal((await connection.reply()).status, 200);
      connection.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
      assert.equal((await connection.reply()).status, 200, 'HTTP/1.0 knows no interim replies');
    },
  );
});

test('RSP-07 a body that must not be there is no reply to anybody', async () => {
  for (const [text, method] of [
    ['HTTP/1.1 204 No Content\r\n\r\nbody', 'GET'],
    ['HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody', 'GET'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody', 'HEAD'],
  ] as const) {
    await withUpstream(says(text), async (gateway, upstream) => {
      const connection = await connectRaw(gateway.port);
      for (let at = 0; at < 3; at++) {
        connection.send(requestText('/', { method }));
        const reply = await connection.reply(method);
        assert.ok([200, 204, 304].includes(reply.status));
        assert.equal(reply.body, '');
      }
      assert.equal(upstream.connections(), 3);
      connection.close();
    });
  }
});

test('a body without a length ends with the connection, and is chunked for the caller', async () => {
  await withUpstream(says('HTTP/1.1 200 OK\r\n\r\nuntil the end', 'end'), async (gateway) => {
    const reply = await ask(gateway.port, '/');
    assert.equal(reply.headers.get('transfer-encoding'), 'chunked');
    assert.equal(reply.body, 'until the end');
    const connection = await connectRaw(gateway.port);
    connection.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    const old = await connection.reply();
    assert.equal(old.headers.get('transfer-encoding'), undefined);
    assert.equal(old.body, 'until the end');
  });
});

test('RSP-12 trailers reach a caller who asked for them, and no others', async () => {
  const text =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\ngrpc-status: 0\r\nContent-Length: 7\r\n\r\n';
  await withUpstream(says(text), async (gateway) => {
    const asking = await connectRaw(gateway.port);
    asking.send(requestText('/', { headers: { TE: 'trailers', Connection: 'close, TE' } }));
    const all = await asking.ended();
    assert.match(all, /\r\n0\r\ngrpc-status: 0\r\n\r\n$/);
    const plain = await connectRaw(gateway.port);
    plain.send(requestText('/', { headers: { Connection: 'close' } }));
    assert.match(await plain.ended(), /\r\n0\r\n\r\n$/);
  });
});

test('RSP-09 an upstream that keeps us waiting is 504, and one that stalls in the middle is cut off', async () => {
  const clock = createFakeClock();
  let received = 0;
  const upstream = await startUpstream({
    behaviour: (socket, number) => {
      socket.on('data', () => {
        received++;
        if (number === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart');
      });
    },
  });
  const gateway = await startGateway(openRoute(upstream.url), { clock });
  const waiting = ask(gateway.port, '/');
  while (received < 1) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(14_800);
  clock.advance(400);
  const reply = await waiting;
  assert.equal(reply.status, 504);
  assert.equal(reply.json().code, 'upstream_timeout');
  const connection = await connectRaw(gateway.port);
  connection.send(requestText('/'));
  while (received < 2) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => connection.socket.once('data', resolve));
  clock.advance(61_000);
  await assert.rejects(connection.reply(), /ended/);
  await gateway.close();
  await upstream.close();
});

test('RT-03 a kept connection that the upstream closed is replaced once, and never for a request that is not idempotent', async () => {
  let seen = 0;
  await withUpstream(
    (socket) => {
      let requests = 0;
      socket.on('data', () => {
        // The second request on a connection meets an end.
        if (++requests === 2) socket.destroy();
        else {
          seen++;
          socket.write(OK);
        }
      });
    },
    async (gateway, upstream) => {
      assert.equal((await ask(gateway.port, '/')).status, 200);
      assert.equal((await ask(gateway.port, '/')).status, 200, 'sent again on a new connection');
      assert.equal(upstream.connections(), 2);
      assert.equal((await ask(gateway.port, '/', { method: 'POST', body: 'x' })).json().code, 'upstream_unreachable');
      assert.equal(seen, 2);
    },
  );
});

test('H1-29 a caller who leaves takes the upstream request along, and its connection is not used again', async () => {
  let closed = 0;
  let received = 0;
  await withUpstream(
    (socket) => {
      socket.on('data', () => received++);
      socket.on('close', () => closed++);
    },
    async (gateway) => {
      const connection = await connectRaw(gateway.port);
      connection.send(requestText('/'));
      while (received === 0) await new Promise((resolve) => setImmediate(resolve));
      connection.close();
      while (closed === 0) await new Promise((resolve) => setImmediate(resolve));
      const [line] = await gateway.accessLines(1);
      assert.equal(line!.status, 499);
      assert.equal(line!.refusal, undefined);
    },
  );
});
