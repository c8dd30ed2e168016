import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const clock = createFakeClock();
const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url), { clock });
after(() => Promise.all([gateway.close(), upstream.close()]));

const HALF = 'A'.repeat(500);

for (const { title, first, second } of [
  {
    title: 'a body with a length',
    first: `Content-Length: 1000\r\n\r\n${HALF}`,
    second: HALF,
  },
  {
    title: 'a chunked body',
    first: `Transfer-Encoding: chunked\r\n\r\n1f4\r\n${HALF}\r\n`,
    second: `1f4\r\n${HALF}\r\n0\r\n\r\n`,
  },
]) {
  test(
    `${title} that came with its head is what was sent, whoever else sends meanwhile`,
    { timeout: 10_000 },
    async () => {
      // No connection to use again: the first piece has to wait for a new one.
      clock.advance(5000);
      await until(() => upstream.open() === 0);
      const uploading = await connectRaw(gateway.port);
      const others = await Promise.all([0, 1, 2, 3].map(() => connectRaw(gateway.port)));
      // Sent at once, so that the gateway reads all of it in one round.
      uploading.send(`POST /upload HTTP/1.1\r\nHost: a\r\n${first}`);
      for (const other of others)
        other.send(`GET /b?${'S'.repeat(700)} HTTP/1.1\r\nHost: a\r\nAuthorization: secret\r\n\r\n`);
      for (const other of others) assert.equal((await other.reply()).status, 200);
      uploading.send(second);
      assert.equal((await uploading.reply('POST')).status, 200);
      assert.equal(upstream.received.findLast(({ target }) => target === '/upload')!.body, HALF + HALF);
      for (const connection of [uploading, ...others]) connection.close();
    },
  );
}
