import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, test } from 'node:test';
import { connectRaw } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { fillUntilStuck, otherEnd, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

/** As a chunk. */
const chunk = (length: number) => Buffer.from(`${length.toString(16)}\r\n${'x'.repeat(length)}\r\n`);

const accepted: Socket[] = [];
const upstream = await startUpstream({
  behaviour(socket) {
    socket.pause();
    accepted.push(socket);
  },
});
const clock = createFakeClock();
const gateway = await startGateway(openRoute(upstream.url, 'limits: { body: 64mb }'), { clock });
after(() => Promise.all([gateway.close(), upstream.close()]));

test(
  'a caller who leaves while the upstream works is noticed, though the end of its upload had to wait',
  { timeout: 10_000 },
  async () => {
    const caller = await connectRaw(gateway.port);
    caller.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    await until(() => accepted.length !== 0);
    const [service] = accepted as [Socket];
    const toService = await otherEnd(service);
    await fillUntilStuck({ sender: caller.socket, stuck: toService, piece: chunk(30_000) });
    // One too many for the upstream's socket, and the end of the body.
    caller.send(Buffer.concat([chunk(60_000), Buffer.from('0\r\n\r\n')]));
    await until(() => toService.writableNeedDrain);

    let tail = '';
    service.on('data', (bytes) => (tail = (tail + bytes.toString('latin1')).slice(-5)));
    service.resume();
    await until(() => tail === '0\r\n\r\n');
    caller.socket.resetAndDestroy();
    // The upstream is let go of, and the access log says why.
    await until(() => service.destroyed);
    clock.advance(200);
    const [line] = await gateway.accessLines(1);
    assert.equal(line!['status'], 499);
  },
);
