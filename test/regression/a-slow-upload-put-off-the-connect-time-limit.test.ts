import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { otherEnd, until } from '../support/other-end.ts';
import { startUpstream, type Behaviour } from '../support/upstream.ts';

async function startBoth(scheme: 'http' | 'https', behaviour: Behaviour) {
  const clock = createFakeClock();
  const upstream = await startUpstream({ behaviour });
  const gateway = await startGateway(
    `
upstreams:
  service: { targets: ["${scheme}://127.0.0.1:${upstream.port}"], timeouts: { connect: 1s, response: 1s }, retry: { attempts: 0 } }
routes:
  - { path: /*, kind: operations, upstream: service, auth: none, rate_limit: none }
`,
    { clock },
  );
  after(() => Promise.all([gateway.close(), upstream.close()]));
  return { clock, upstream, gateway };
}

test('what a caller sends meanwhile does not prolong the wait for a connection', { timeout: 10_000 }, async () => {
  // Accepts, and never answers the TLS handshake.
  const { clock, upstream, gateway } = await startBoth('https', () => {});
  const caller = await connectRaw(gateway.port);
  const atGateway = await otherEnd(caller.socket);
  caller.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n');
  await until(() => upstream.open() !== 0);
  for (let at = 0; at < 3; at++) {
    clock.advance(300);
    caller.send('x');
  }
  assert.equal(atGateway.bytesWritten, 0, 'not yet');
  clock.advance(200);
  assert.equal((await caller.reply('POST')).json().code, 'upstream_timeout');
  caller.close();
});

test('the time a connection took is not taken from the time for the reply', { timeout: 10_000 }, async () => {
  const { clock, gateway } = await startBoth('http', (socket) => {
    socket.on('data', () => {
      clock.advance(500);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  });
  const answer = ask(gateway.port, '/');
  // In the round that reads the request the connection is begun; that it stands is heard in the next.
  await until(() => gateway.plan.upstreams[0]!.targets[0]!.pool.open !== 0);
  clock.advance(900);
  assert.equal((await answer).status, 200);
});
