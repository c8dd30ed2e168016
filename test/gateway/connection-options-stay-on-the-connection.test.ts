import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw } from '../support/client.ts';
import { foldedValues } from '../support/folded.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url));
after(() => Promise.all([gateway.close(), upstream.close()]));

test('HDR-05 HDR-07 every nominated field is dropped, whatever the spelling of Connection', async () => {
  const reply = await ask(gateway.port, '/', {
    headers: [
      ['X-One', '1'],
      ['x-two', '2'],
      ['X-Three', '3'],
      ['X-Kept', '4'],
      ['Connection', ' x-ONE ,, keep-alive'],
      ['CONNECTION', '\tX-Two\t,X-Three'],
    ],
  });
  const names = reply.json<Received>().headers.map(([name]) => name.toLowerCase());
  for (const name of ['x-one', 'x-two', 'x-three', 'connection', 'keep-alive']) assert.ok(!names.includes(name), name);
  assert.ok(names.includes('x-kept'));
});

test('HDR-07 a thousand options are read in no time, and what is no name is refused', async () => {
  const many = Array.from({ length: 1000 }, (_, at) => `a${at}`).join(',');
  assert.equal((await ask(gateway.port, '/', { headers: { Connection: many } })).status, 200);
  for (const value of ['a b', '"x"', 'x-user-id;q=1', 'é']) {
    assert.equal((await ask(gateway.port, '/', { headers: { Connection: value } })).json().code, 'malformed_request');
  }
});

test('HDR-06 a nomination of a field that is for everyone on the way is refused', async () => {
  const before = upstream.received.length;
  for (const name of [
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Authorization',
    'Cookie',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'Via',
  ]) {
    for (const value of [name, `close, ${name.toLowerCase()}`]) {
      const reply = await ask(gateway.port, '/', {
        method: 'POST',
        headers: { Connection: value, Cookie: 'a=1' },
        body: 'x',
      });
      assert.equal(reply.status, 400, value);
      assert.equal(reply.json().code, 'malformed_request');
    }
  }
  assert.equal(upstream.received.length, before);
  assert.equal((await ask(gateway.port, '/')).status, 200);
});

test('HDR-08 fields about the connection are not forwarded', async () => {
  const reply = await ask(gateway.port, '/', {
    headers: {
      'Keep-Alive': 'timeout=5',
      'Proxy-Connection': 'keep-alive',
      TE: 'trailers, gzip',
      Trailer: 'X-A',
      Upgrade: 'websocket',
      'HTTP2-Settings': 'AAMAAABk',
      'Proxy-Authorization': 'Basic YTpi',
      Connection: 'Upgrade, HTTP2-Settings',
    },
  });
  const received = reply.json<Received>();
  for (const name of [
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'upgrade',
    'http2-settings',
    'proxy-authorization',
    'connection',
  ]) {
    assert.deepEqual(foldedValues(received, name), [], name);
  }
});

test('HDR-09 trailers of a request are dropped, and never merged', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-User-ID: admin\r\nHost: evil\r\nContent-Length: 5\r\nAuthorization: Bearer x\r\n\r\n',
  );
  const reply = await connection.reply();
  connection.close();
  assert.equal(reply.status, 200);
  const received = reply.json<Received>();
  assert.equal(received.body, 'ok');
  assert.doesNotMatch(JSON.stringify(received), /admin|evil|Bearer/);
});

test('an HTTP/1.0 request without a host is forwarded with the empty Host that HTTP/1.1 asks for', async () => {
  const connection = await connectRaw(gateway.port);
  for (const line of ['', 'Host:\r\n']) {
    connection.send(`GET / HTTP/1.0\r\nConnection: keep-alive\r\n${line}\r\n`);
    assert.deepEqual(foldedValues((await connection.reply()).json<Received>(), 'host'), ['']);
  }
  connection.close();
});
