import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { startGatewayProcess } from '../support/process.ts';
import { startUpstream } from '../support/upstream.ts';

const TWO_GIB = 2 * 1024 ** 3;
/** Over what the process holds at rest: the heap of a busy one grows before it is looked through. */
const MOST_GROWTH = 80 * 1024 ** 2;
const PIECE = Buffer.alloc(256 * 1024, 'x');

let uploaded = 0;
const upstream = await startUpstream({
  behaviour(socket) {
    let head = '';
    let wanted = 0;
    socket.on('data', (bytes) => {
      if (wanted === 0) {
        head += bytes.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        if (head.startsWith('GET ')) {
          head = '';
          return send(socket, 'HTTP/1.1 200 OK\r\n');
        }
        wanted = Number(/content-length: (\d+)/i.exec(head)![1]);
        uploaded = head.length - end - 4;
      } else uploaded += bytes.length;
      if (uploaded === wanted) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  },
});
const gateway = await startGatewayProcess(`
log: { access: off }
limits: { body: 4gb }
upstreams: { service: { targets: ["${upstream.url}"] } }
routes:
  - { path: /*, kind: operations, upstream: service, auth: none, timeouts: { total: 10m } }
`);
after(async () => {
  await gateway.stop();
  await upstream.close();
});

/** A head with the length, then 2 GiB as fast as they are taken. */
function send(socket: import('node:net').Socket, head: string): void {
  socket.write(`${head}Content-Length: ${TWO_GIB}\r\n\r\n`);
  let left = TWO_GIB;
  const more = () => {
    while (left > 0) {
      left -= PIECE.length;
      if (!socket.write(PIECE)) return;
    }
    socket.off('drain', more);
  };
  socket.on('drain', more);
  more();
}

/** Watches the gateway's memory until `done`; returns the most it was. */
async function peakUntil(done: Promise<unknown>): Promise<number> {
  let over = false;
  void done.finally(() => (over = true));
  let peak = 0;
  while (!over) {
    peak = Math.max(peak, await gateway.residentBytes());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await done;
  return peak;
}

/** Before anything was sent through it. */
const atRest = await gateway.residentBytes();

test('RSP-11 a download of 2 GiB arrives whole and takes no more than 80 MiB of memory on the way', async () => {
  const socket = connect(gateway.port, '127.0.0.1');
  let received = 0;
  const whole = new Promise<void>((resolve, reject) => {
    socket.on('data', (bytes) => {
      received += bytes.length;
      if (received >= TWO_GIB) resolve();
    });
    socket.on('close', () => reject(new Error(`cut after ${received} bytes`)));
  });
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const peak = await peakUntil(whole);
  socket.removeAllListeners('close');
  socket.destroy();
  assert.ok(received > TWO_GIB && received < TWO_GIB + 1000);
  assert.ok(peak - atRest < MOST_GROWTH, `${Math.round((peak - atRest) / 1024 ** 2)} MiB`);
});

test('an upload of 2 GiB arrives whole and takes no more than 80 MiB of memory on the way', async () => {
  const socket = connect(gateway.port, '127.0.0.1');
  const answered = new Promise<string>((resolve) => socket.on('data', (bytes) => resolve(bytes.toString('latin1'))));
  send(socket, 'POST / HTTP/1.1\r\nHost: a\r\n');
  const peak = await peakUntil(answered);
  socket.destroy();
  assert.match(await answered, /^HTTP\/1\.1 200 /);
  assert.equal(uploaded, TWO_GIB);
  assert.ok(peak - atRest < MOST_GROWTH, `${Math.round((peak - atRest) / 1024 ** 2)} MiB`);
});

test('RSP-11 a caller who reads nothing holds the upstream back instead of filling memory', async () => {
  const before = await gateway.residentBytes();
  const readers = Array.from({ length: 50 }, () => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    return socket;
  });
  // Until nothing moves any more: every buffer on the way is full.
  for (let last = -1, now = 0; now !== last;) {
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
    now = Math.round((await gateway.residentBytes()) / 1024 ** 2);
  }
  const grown = (await gateway.residentBytes()) - before;
  for (const socket of readers) socket.destroy();
  assert.ok(grown < 50 * 1024 ** 2, `${Math.round(grown / 1024 ** 2)} MB for 50 readers`);
});
