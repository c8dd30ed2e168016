import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { oneRound, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

test('a GET whose connections end is sent at most twice, the second time on a new connection', async () => {
  let gone = 0;
  let end: () => void = () => {};
  const held: Socket[] = [];
  const upstream = await startUpstream({
    behaviour(socket) {
      socket.on('data', (bytes) => {
        const text = String(bytes);
        if (text.startsWith('GET /hold')) held.push(socket);
        else if (text.startsWith('GET /gone')) {
          // The first end waits until somebody stands in line for a connection.
          if (++gone === 1) end = () => socket.destroy();
          else socket.destroy();
        } else socket.write(OK);
      });
    },
  });
  const gateway = await startGateway(`
upstreams: { service: { targets: ["${upstream.url}"], max_connections: 3, concurrency: { max: 10 }, retry: { attempts: 0 } } }
routes:
  - { path: /*, kind: operations, upstream: service, auth: none }
`);
  // One idle connection, two that are busy, and a request that has to wait when its first connection ends.
  const first = [ask(gateway.port, '/hold'), ask(gateway.port, '/hold')];
  await until(() => held.length === 2);
  assert.equal((await ask(gateway.port, '/')).status, 200);
  const lost = ask(gateway.port, '/gone');
  await until(() => gone === 1);
  const inLine = await connectRaw(gateway.port);
  inLine.send(requestText('/hold'));
  for (let round = 0; round < 20; round++) await oneRound();
  end();
  // Who stood in line gets the room that came free, so the second try has to wait for the next.
  await until(() => held.length === 3);
  for (const socket of held.splice(0)) socket.write(OK);
  const reply = await lost;
  assert.equal(reply.status, 502);
  assert.equal(reply.json().code, 'upstream_unreachable');
  assert.ok(gone <= 2, `sent ${gone} times`);
  await Promise.all(first);
  inLine.close();
  await gateway.close();
  await upstream.close();
});
