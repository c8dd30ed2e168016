import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url));
after(() => Promise.all([gateway.close(), upstream.close()]));

const lastSeen = () => upstream.received.at(-1)!;
const header = ({ headers }: Received, name: string) =>
  headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);

test('H1-20 pipelined requests are answered in order, each on its own', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send(
    [1, 2, 3, 4, 5].map((at) => requestText(`/p${at}`, at === 3 ? { method: 'POST', body: 'three' } : {})).join(''),
  );
  for (const at of [1, 2, 3, 4, 5]) {
    const reply = await connection.reply();
    assert.equal(reply.json<Received>().target, `/p${at}`);
  }
  connection.close();
});

test('H1-27 a request cut at every byte is the same request', async () => {
  const text = requestText('/cut', { method: 'POST', body: 'hello' });
  const connection = await connectRaw(gateway.port);
  for (const byte of text) {
    connection.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const reply = await connection.reply();
  assert.equal(reply.json<Received>().body, 'hello');
  connection.close();
});

test('a chunked body arrives whole, without its extensions and trailers', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send('POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  connection.send('5;x=y\r\nhello\r\n');
  connection.send('6\r\n world\r\n0\r\nX-User-ID: evil\r\n\r\n');
  const reply = await connection.reply();
  const seen = reply.json<Received>();
  assert.equal(seen.body, 'hello world');
  assert.deepEqual(header(seen, 'transfer-encoding'), ['chunked']);
  assert.deepEqual(header(seen, 'content-length'), []);
  assert.deepEqual(header(seen, 'x-user-id'), []);
  connection.close();
});

test('H1-21 nothing is read behind a request that closes the connection', async () => {
  const before = upstream.received.length;
  const connection = await connectRaw(gateway.port);
  connection.send(requestText('/last', { headers: { Connection: 'close' } }) + requestText('/never'));
  assert.equal((await connection.reply()).headers.get('connection'), 'close');
  assert.equal(await connection.ended(), '');
  assert.equal(upstream.received.length, before + 1);
});

test('HTTP/1.0 callers get a reply they can read', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send('GET /old HTTP/1.0\r\nHost: a\r\n\r\n');
  const reply = await connection.reply();
  assert.equal(reply.headers.get('connection'), 'close');
  assert.equal(await connection.ended(), '');
  const kept = await connectRaw(gateway.port);
  kept.send('GET /old HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
  assert.equal((await kept.reply()).headers.get('connection'), 'keep-alive');
  kept.send('GET /old2 HTTP/1.0\r\n\r\n');
  assert.equal((await kept.reply()).json<Received>().target, '/old2');
});

test('a reply to HEAD has the length and no body', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send(requestText('/head', { method: 'HEAD' }) + requestText('/next'));
  const reply = await connection.reply('HEAD');
  assert.ok(Number(reply.headers.get('content-length')) > 0);
  assert.equal((await connection.reply()).json<Received>().target, '/next');
  connection.close();
});

test('H1-19 100 Continue is sent by the gateway, once, and only when the body is still to come', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send('POST /expect HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
  const interim = await connection.reply();
  assert.equal(interim.status, 100);
  connection.send('hello');
  const reply = await connection.reply();
  assert.equal(reply.status, 200);
  assert.equal(reply.json<Received>().body, 'hello');
  assert.deepEqual(header(lastSeen(), 'expect'), []);
  connection.send('POST /expect HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello');
  assert.equal((await connection.reply()).status, 200);
  connection.close();
});

test('HDR-08 fields about the connection stay on it', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send(
    requestText('/hop', {
      headers: {
        Connection: 'keep-alive, X-Nominated',
        'X-Nominated': '1',
        'Keep-Alive': 'timeout=5',
        'Proxy-Connection': 'keep-alive',
        'Proxy-Authorization': 'Basic eA==',
        TE: 'gzip',
        Trailer: 'X-Later',
        Upgrade: 'h2c',
        'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
        'X-Kept': 'yes',
      },
    }),
  );
  const seen = (await connection.reply()).json<Received>();
  for (const name of [
    'connection',
    'x-nominated',
    'keep-alive',
    'proxy-connection',
    'proxy-authorization',
    'te',
    'trailer',
    'upgrade',
    'http2-settings',
  ]) {
    assert.deepEqual(header(seen, name), [], name);
  }
  assert.deepEqual(header(seen, 'x-kept'), ['yes']);
  connection.close();
});

test('DOS-04 a body over the limit is refused before it is read, and cut off where no length was said', async () => {
  const small = await startGateway(openRoute(upstream.url, 'limits: { body: 1kb }'));
  try {
    const announced = await connectRaw(small.port);
    announced.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n');
    const early = await announced.reply();
    assert.equal(early.status, 413);
    assert.equal(early.json().code, 'body_too_large');
    const chunked = await connectRaw(small.port);
    chunked.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2000)}\r\n`);
    assert.equal((await chunked.reply()).json().code, 'body_too_large');
    assert.equal(await chunked.ended(), '');
  } finally {
    await small.close();
  }
});

test('H1-18 an answer before the body has come closes the connection', async () => {
  const before = upstream.received.length;
  const connection = await connectRaw(gateway.port);
  connection.send(
    'POST /%00 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
  );
  const reply = await connection.reply();
  assert.equal(reply.status, 400);
  assert.equal(reply.headers.get('connection'), 'close');
  assert.equal(await connection.ended(), '');
  assert.equal(upstream.received.length, before);
});
