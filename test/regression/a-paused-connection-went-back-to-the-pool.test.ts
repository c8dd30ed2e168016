import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { fillUntilStuck, otherEnd, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const asked: Socket[] = [];
const upstream = await startUpstream({ behaviour: (socket) => void socket.on('data', () => asked.push(socket)) });
const gateway = await startGateway(openRoute(upstream.url), { clock: createFakeClock() });
after(() => Promise.all([gateway.close(), upstream.close()]));

/** As a chunk. */
const chunk = (length: number) => Buffer.from(`${length.toString(16)}\r\n${'x'.repeat(length)}\r\n`);

test(
  'a connection whose reply ended while a slow caller held it up serves the next request',
  { timeout: 10_000 },
  async () => {
    const slow = await connectRaw(gateway.port);
    slow.socket.pause();
    slow.send(requestText('/slow'));
    await until(() => asked.length >= 1);
    const [service] = asked as [Socket];
    const toCaller = await otherEnd(slow.socket);
    service.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    await fillUntilStuck({ sender: service, stuck: toCaller, piece: chunk(30_000) });
    // The last piece is one too many for the caller's socket, and the end of the reply.
    service.write(Buffer.concat([chunk(60_000), Buffer.from('0\r\n\r\n')]));
    await until(() => toCaller.writableNeedDrain);

    const next = ask(gateway.port, '/next');
    await until(() => asked.length >= 2);
    assert.equal(asked[1], service, 'it came back to the pool');
    service.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    assert.equal((await next).body, 'ok');

    slow.socket.resume();
    assert.equal((await slow.reply()).status, 200);
    slow.close();
  },
);
