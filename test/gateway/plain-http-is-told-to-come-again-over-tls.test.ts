import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createCertificate } from '../support/certificate.ts';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

const folder = createFolder();
const { cert, key } = createCertificate({ name: 'gateway.test' });
writeFileSync(join(folder, 'edge.pem'), cert);
writeFileSync(join(folder, 'edge.key'), key);
const upstream = await startUpstream();
const gateway = await startGateway(
  openRoute(upstream.url, `tls: { cert: '${folder}/edge.pem', key: '${folder}/edge.key' }\nredirect: 127.0.0.1:0`),
);
const port = gateway.redirectPort!;
after(() => Promise.all([gateway.close(), upstream.close()]));

test('every request is told to come again over TLS, with the method and the query it has', async () => {
  const https = `https://gateway.test:${gateway.port}`;
  for (const [path, method] of [
    ['/a/b?c=d%20e&f', 'GET'],
    ['/', 'HEAD'],
    ['//other.test/', 'GET'],
    ['/unknown', 'DELETE'],
  ] as const) {
    const reply = await ask(port, path, { method });
    assert.equal(reply.status, 308);
    assert.equal(reply.headers.get('location'), https + path);
    assert.ok(reply.headers.has('date'));
  }
  const ported = await ask(port, '/x', { headers: { Host: `Gateway.test:${port}` } });
  assert.equal(ported.headers.get('location'), `${https}/x`);
  const address = await ask(port, '/x', { headers: { Host: `[::1]:${port}` } });
  assert.equal(address.headers.get('location'), `https://[::1]:${gateway.port}/x`);
});

test('requests come one after another, and a body that has not come closes the connection', async () => {
  const connection = await connectRaw(port);
  connection.send(requestText('/1') + requestText('/2', { method: 'POST', body: 'hello' }) + requestText('/3'));
  for (const path of ['/1', '/2', '/3']) {
    assert.match((await connection.reply()).headers.get('location')!, new RegExp(`${path}$`));
  }
  connection.send('POST /4 HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 100000\r\n\r\n');
  assert.equal((await connection.reply()).headers.get('connection'), 'close');
  assert.equal(await connection.ended(), '');
});

test('what cannot be read or asked again is refused, and nothing reaches a service', async () => {
  for (const text of [
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.0\r\n\r\n',
    'GET /\nX: HTTP/1.1\r\nHost: gateway.test\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: gateway.test\r\nHost: other.test\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: gateway.test\r\n\r\n',
  ]) {
    const connection = await connectRaw(port);
    connection.send(text);
    const reply = await connection.reply();
    assert.equal(reply.status, 400, text);
    assert.equal(reply.json().code, 'malformed_request');
    assert.equal(reply.headers.get('location'), undefined);
    connection.close();
  }
  assert.equal(upstream.received.length, 0);
});
