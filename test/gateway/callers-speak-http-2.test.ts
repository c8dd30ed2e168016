import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { pathOf, whyAbsent } from '../../scripts/parts.ts';
import { createCertificate } from '../support/certificate.ts';
import { ask, connectRaw, connectSecure, requestText } from '../support/client.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { connectHttp2 } from '../support/http2-client.ts';
import { connectFrames, DATA, END_STREAM, frame, headersFrame, PREFACE, SETTINGS } from '../support/http2-frames.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const { cert, key } = createCertificate({ name: 'gateway.test' });
const folder = createFolder();
writeFileSync(join(folder, 'edge.pem'), cert);
writeFileSync(join(folder, 'edge.key'), key);
const tls = `tls: { cert: '${folder}/edge.pem', key: '${folder}/edge.key' }`;

const upstream = await startUpstream();
const secure = await startGateway(openRoute(upstream.url, tls));
const cleartext = await startGateway(openRoute(upstream.url, 'http2: { cleartext: true }'));
const without = await startGateway(openRoute(upstream.url, `${tls}\nhttp2: { tls: false }`));
const plain = await startGateway(openRoute(upstream.url));
after(() => Promise.all([secure, cleartext, without, plain, upstream].map((one) => one.close())));

const header = ({ headers }: Received, name: string) =>
  headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);

test('over TLS it is offered, and the service sees an HTTP/1.1 request', async () => {
  const client = await connectHttp2(secure.port, { ca: cert });
  const reply = await client.ask('/a?b=%2f', { headers: { cookie: ['a=1', 'b=2'], 'x-one': ['1', '2'] } });
  client.close();
  assert.equal(reply.status, 200);
  const seen = reply.json<Received>();
  assert.deepEqual([seen.method, seen.target, seen.body], ['GET', '/a?b=%2f', '']);
  assert.deepEqual(header(seen, 'host'), ['gateway.test']);
  assert.deepEqual(header(seen, 'cookie'), ['a=1; b=2']);
  assert.deepEqual(header(seen, 'x-one'), ['1', '2']);
  assert.deepEqual(header(seen, 'x-forwarded-proto'), ['https']);
  assert.deepEqual(header(seen, 'via'), ['2.0 gatehouse']);
});

test('over TLS a caller may choose HTTP/1.1, and without ALPN it is that', async () => {
  for (const ALPNProtocols of [['http/1.1', 'h2'], ['http/1.1'], []]) {
    const connection = await connectSecure(secure.port, { ca: cert, ALPNProtocols });
    const isHttp2 = ALPNProtocols.includes('h2');
    assert.equal(connection.socket.alpnProtocol, isHttp2 ? 'h2' : (ALPNProtocols[0] ?? false));
    if (!isHttp2) {
      connection.send(requestText('/'));
      assert.equal((await connection.reply()).status, 200);
    }
    connection.close();
  }
});

test('H2-10 it is not offered where the configuration says no', async () => {
  const connection = await connectSecure(without.port, { ca: cert, ALPNProtocols: ['h2', 'http/1.1'] });
  assert.equal(connection.socket.alpnProtocol, 'http/1.1');
  connection.close();
  await assert.rejects(connectSecure(without.port, { ca: cert, ALPNProtocols: ['h2'] }));
});

test('H2-10 without TLS it is not spoken unless asked for: the preface is a malformed request', async () => {
  const connection = await connectRaw(plain.port);
  connection.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const reply = await connection.reply();
  assert.deepEqual([reply.status, reply.json().code], [400, 'malformed_request']);
  assert.equal(await connection.ended(), '');
});

test('without TLS one port serves both, by the first bytes', async () => {
  const client = await connectHttp2(cleartext.port);
  const seen = (await client.ask('/two')).json<Received>();
  client.close();
  assert.deepEqual([seen.target, header(seen, 'via')], ['/two', ['2.0 gatehouse']]);
  assert.deepEqual(header(seen, 'x-forwarded-proto'), ['http']);
  for (const method of ['GET', 'POST', 'PUT', 'PATCH']) {
    const reply = await ask(cleartext.port, '/one', { method, ...(method === 'GET' ? {} : { body: 'hello' }) });
    const received = reply.json<Received>();
    assert.deepEqual([received.method, header(received, 'via')], [method, ['1.1 gatehouse']]);
  }
});

test('without TLS a preface that comes byte by byte is still one, and one that breaks off is HTTP/1.1', async () => {
  const slow = await connectFrames(cleartext.port, { silent: true });
  for (const byte of Buffer.concat([PREFACE, frame(SETTINGS, 0, 0), headersFrame(1)])) {
    slow.send(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await slow.frame(({ type, stream, flags }) => type === DATA && stream === 1 && (flags & END_STREAM) !== 0);
  slow.close();
  const connection = await connectRaw(cleartext.port);
  for (const byte of requestText('/p', { method: 'PUT', body: 'x' })) {
    connection.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await connection.reply()).json<Received>().method, 'PUT');
  connection.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  assert.equal((await connection.reply()).status, 400);
  connection.close();
});

test('H2-10 h2c is neither upgraded to nor passed on, with cleartext HTTP/2 or without', async () => {
  for (const { port } of [plain, cleartext]) {
    const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' };
    const reply = await ask(port, '/', { headers });
    assert.equal(reply.status, 200);
    const seen = reply.json<Received>();
    for (const name of ['connection', 'upgrade', 'http2-settings']) assert.deepEqual(header(seen, name), []);
  }
});

test('curl is served over TLS and in cleartext', { skip: whyAbsent('curl') }, async () => {
  const run = promisify(execFile);
  const common = ['-sS', '--max-time', '20', '-w', '\n%{http_version}', '-d', 'hello'];
  for (const args of [
    [
      '--http2',
      '--cacert',
      join(folder, 'edge.pem'),
      '--connect-to',
      `gateway.test:443:127.0.0.1:${secure.port}`,
      'https://gateway.test/curl',
    ],
    ['--http2-prior-knowledge', `http://127.0.0.1:${cleartext.port}/curl`],
  ]) {
    const { stdout } = await run(pathOf('curl')!, [...common, ...args]);
    const [body, version] = stdout.split('\n');
    assert.equal(version, '2');
    const seen = JSON.parse(body!) as Received;
    assert.deepEqual([seen.method, seen.target, seen.body], ['POST', '/curl', 'hello']);
  }
});
