import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

const accepted: Socket[] = [];
const upstream = await startUpstream({
  behaviour(socket) {
    accepted.push(socket);
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  },
});
const gateway = await startGateway(openRoute(upstream.url));
after(() => Promise.all([gateway.close(), upstream.close()]));

test(
  'a request that comes right behind the end of an idle connection gets a new one',
  { timeout: 10_000 },
  async () => {
    const caller = await connectRaw(gateway.port);
    for (let at = 0; at < 20; at++) {
      caller.send(requestText('/first'));
      assert.equal((await caller.reply()).status, 200);
      const before = upstream.connections();
      // The gateway reads both in one round, in this order. A POST may not be sent twice, so a dead connection costs a 502.
      accepted.at(-1)!.destroy();
      caller.send(requestText('/second', { method: 'POST', body: '' }));
      assert.equal((await caller.reply('POST')).status, 200, `round ${at}`);
      assert.equal(upstream.connections(), before + 1);
    }
    caller.close();
  },
);
