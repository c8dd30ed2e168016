import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

test('a request past its total time is 504, and a reply past it is cut off', async () => {
  const clock = createFakeClock();
  let trickle: (() => void) | undefined;
  const upstream = await startUpstream({
    behaviour: (socket) => {
      socket.on('data', (bytes) => {
        if (String(bytes).startsWith('GET /silent')) return;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
        trickle = () => void socket.write('x');
      });
    },
  });
  const gateway = await startGateway(
    `
upstreams: { service: { targets: ["${upstream.url}"], timeouts: { response: 1m, idle: 1m } } }
routes:
  - { path: /*, kind: operations, upstream: service, auth: none, timeouts: { total: 5s } }
`,
    { clock },
  );
  const silent = ask(gateway.port, '/silent');
  while (upstream.open() === 0) await settle();
  await settle();
  clock.advance(5200);
  assert.equal((await silent).json().code, 'upstream_timeout');

  const connection = await connectRaw(gateway.port);
  connection.send(requestText('/slow'));
  while (trickle === undefined) await settle();
  for (let second = 0; second < 4; second++) {
    clock.advance(1000);
    trickle();
    await settle();
  }
  clock.advance(1500);
  await assert.rejects(connection.reply(), /ended/);
  await gateway.close();
  await upstream.close();
});
