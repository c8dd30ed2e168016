import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { oneRound, otherEnd } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

// Each on a connection of its own: what was held up must not hang on one that is used again.
const REPLY = Buffer.concat([
  Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 50000\r\n\r\n'),
  Buffer.alloc(50_000, 'x'),
]);
/** One reply that is over the mark, and one read of an upstream. */
const MOST_WAITING = 256 * 1024;

const clock = createFakeClock();
const upstream = await startUpstream({ behaviour: (socket) => void socket.on('data', () => socket.end(REPLY)) });
const gateway = await startGateway(
  `
upstreams: { service: { targets: ["${upstream.url}"] } }
timeouts: { body: 10s, idle: 60s }
routes:
  - { path: /there, kind: operations, upstream: service, auth: none, rate_limit: none }
`,
  { clock },
);
after(() => Promise.all([gateway.close(), upstream.close()]));

for (const { title, path, count, status } of [
  { title: 'replies', path: '/there', count: 200, status: 200 },
  { title: 'refusals', path: '/nowhere', count: 30_000, status: 404 },
]) {
  /** Sends all requests at once and reads nothing until nothing moves any more. */
  const pipelining = async () => {
    const caller = await connectRaw(gateway.port);
    caller.socket.pause();
    const toCaller = await otherEnd(caller.socket);
    caller.send(requestText(path).repeat(count));
    for (let last = -1, still = 0; still < 100; still = last === toCaller.bytesWritten ? still + 1 : 0) {
      last = toCaller.bytesWritten;
      await oneRound();
    }
    return { caller, toCaller };
  };

  test(
    `${title} that a pipelining caller does not read keep the next requests waiting, and not in memory`,
    { timeout: 10_000 },
    async () => {
      const { caller, toCaller } = await pipelining();
      assert.ok(toCaller.writableLength > 0, 'more was asked for than the kernel keeps');
      assert.ok(toCaller.writableLength < MOST_WAITING, `${toCaller.writableLength} bytes wait`);
      // And all of them come once they are read.
      const heads = new RegExp(`HTTP/1.1 ${status}`, 'g');
      let answered = 0;
      let tail = '';
      const whole = new Promise<void>((resolve) => {
        caller.socket.removeAllListeners('data').on('data', (bytes) => {
          const text = tail + bytes.toString('latin1');
          answered += text.match(heads)?.length ?? 0;
          // Shorter than a head's beginning, so that none is counted twice.
          tail = text.slice(-11);
          if (answered === count) resolve();
        });
      });
      caller.socket.resume();
      await whole;
      caller.close();
    },
  );

  test(
    `${title} that nobody reads are waited for as long as a body, not as long as an idle connection`,
    { timeout: 10_000 },
    async () => {
      const { caller, toCaller } = await pipelining();
      clock.advance(10_200);
      assert.ok(toCaller.destroyed);
      caller.close();
    },
  );
}
