import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { connectHttp2 } from '../support/http2-client.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

for (const framed of ['Content-Length: 5\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n']) {
  test(`over HTTP/2 a 205 is whole without the body that no 205 has (${framed.slice(0, 8)})`, async () => {
    const upstream = await startUpstream({
      behaviour: (socket) => socket.on('data', () => socket.write(`HTTP/1.1 205 Reset Content\r\n${framed}`)),
    });
    const gateway = await startGateway(openRoute(upstream.url, 'http2: { cleartext: true }'));
    const client = await connectHttp2(gateway.port);
    try {
      // Twice: the connection to the service is as good as after any reply.
      for (let turn = 0; turn < 2; turn++) {
        const { status, headers, body } = await client.ask('/');
        assert.deepEqual([status, headers['content-length'], body], [205, undefined, '']);
      }
      const lines = await gateway.accessLines(2);
      assert.deepEqual(
        lines.map(({ status, bytes_out: bytes }) => [status, bytes]),
        [
          [205, 0],
          [205, 0],
        ],
      );
      assert.equal(upstream.connections(), 1);
    } finally {
      client.close();
      await Promise.all([gateway.close(), upstream.close()]);
    }
  });
}
