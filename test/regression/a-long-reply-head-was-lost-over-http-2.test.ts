import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { connectHttp2 } from '../support/http2-client.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

test('the longest head that is taken from a service reaches a caller over HTTP/2', async () => {
  const fields = Array.from({ length: 100 }, (_, at) => `X-${at}: ${'~'.repeat(645)}\r\n`).join('');
  const text = `HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`;
  assert.ok(text.length > 65_000 && text.length < 65_536);
  const upstream = await startUpstream({ behaviour: (socket) => socket.on('data', () => socket.write(text)) });
  const gateway = await startGateway(openRoute(upstream.url, 'http2: { cleartext: true }'));
  const client = await connectHttp2(gateway.port);
  try {
    const { status, headers, body } = await client.ask('/');
    assert.deepEqual([status, body, String(headers['x-99']).length], [200, 'ok', 645]);
  } finally {
    client.close();
    await Promise.all([gateway.close(), upstream.close()]);
  }
});
