import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as tls from 'node:tls';
import { createCertificate } from '../support/certificate.ts';
import { connectRaw, connectSecure, requestText, type RawConnection } from '../support/client.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const authority = { name: 'Test authority', ...createCertificate({ name: 'Test authority', isAuthority: true }) };
tls.setDefaultCACertificates([authority.cert]);
const folder = createFolder();
const named = (file: string, name: string): string => {
  const { cert, key } = createCertificate({ name, issuer: authority });
  writeFileSync(join(folder, `${file}.pem`), cert);
  writeFileSync(join(folder, `${file}.key`), key);
  return `{ cert: '${folder}/${file}.pem', key: '${folder}/${file}.key' }`;
};

const upstream = await startUpstream();
const edge = [named('first', 'gateway.test'), named('exact', 'api.other.test'), named('wild', '*.other.test')];
const gateway = await startGateway(openRoute(upstream.url, `tls: { certificates: [${edge.join(', ')}] }`));
after(() => Promise.all([gateway.close(), upstream.close()]));

const header = ({ headers }: Received, name: string) =>
  headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
const metrics = () => fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());

test('requests come one after another and in one go, and services hear that it was https', async () => {
  const connection = await connectSecure(gateway.port, { ALPNProtocols: ['spdy/3', 'http/1.1'] });
  assert.equal(connection.socket.alpnProtocol, 'http/1.1');
  connection.send(requestText('/one'));
  const seen = (await connection.reply()).json<Received>();
  assert.equal(seen.target, '/one');
  assert.deepEqual(header(seen, 'x-forwarded-proto'), ['https']);
  connection.send([1, 2, 3].map((at) => requestText(`/p${at}`, { method: 'POST', body: `b${at}` })).join(''));
  for (const at of [1, 2, 3]) {
    const reply = (await connection.reply()).json<Received>();
    assert.deepEqual([reply.target, reply.body], [`/p${at}`, `b${at}`]);
  }
  connection.close();
});

test('a request cut at every byte is the same request', async () => {
  const connection = await connectSecure(gateway.port);
  for (const byte of requestText('/cut', { method: 'POST', body: 'hello' })) {
    connection.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await connection.reply()).json<Received>().body, 'hello');
  connection.close();
});

test('large bodies pass whole in both directions', async () => {
  const body = 'abcdefgh'.repeat(500_000);
  const connection = await connectSecure(gateway.port);
  connection.send(requestText('/large', { method: 'POST', body }));
  const reply = await connection.reply();
  assert.ok(reply.json<Received>().body === body, 'every byte in its place');
  connection.send(`POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (let at = 0; at < 20; at++) connection.send(`186a0\r\n${'x'.repeat(100_000)}\r\n`);
  connection.send('0\r\n\r\n');
  assert.equal((await connection.reply()).json<Received>().body.length, 2_000_000);
  connection.close();
});

test('the certificate is that of the name asked for, exact before wildcard, else the first', async () => {
  for (const [servername, expected] of [
    ['gateway.test', 'gateway.test'],
    ['API.other.test', 'api.other.test'],
    ['x.other.test', '*.other.test'],
    ['a.b.other.test', 'gateway.test'],
    ['unknown.test', 'gateway.test'],
    ['', 'gateway.test'],
  ] as const) {
    const connection = await connectSecure(gateway.port, { servername, checkServerIdentity: () => undefined });
    assert.equal(connection.socket.getPeerCertificate().subject.CN, expected, servername);
    connection.close();
  }
});

test('a second handshake resumes the session of the first', async () => {
  const first = await connectSecure(gateway.port, { maxVersion: 'TLSv1.2' });
  const second = await connectSecure(gateway.port, { maxVersion: 'TLSv1.2', session: first.socket.getSession()! });
  assert.deepEqual([first.socket.isSessionReused(), second.socket.isSessionReused()], [false, true]);
  second.send(requestText('/'));
  assert.equal((await second.reply()).status, 200);
  first.close();
  second.close();
});

test('a version older than `min_version` is refused', async () => {
  const strict = await startGateway(
    openRoute(upstream.url, `tls: { certificates: [${edge[0]}], min_version: TLSv1.3 }`),
  );
  try {
    await assert.rejects(connectSecure(strict.port, { maxVersion: 'TLSv1.2' }), /version/);
    (await connectSecure(strict.port)).close();
    await assert.rejects(connectSecure(gateway.port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }));
  } finally {
    await strict.close();
  }
});

test('plain HTTP, and a protocol that is not offered, are closed and counted, and reach nobody', async () => {
  const before = upstream.received.length;
  const plain = await connectRaw(gateway.port);
  plain.send(requestText('/plain'));
  assert.doesNotMatch(await plain.ended(), /HTTP/);
  await assert.rejects(connectSecure(gateway.port, { ALPNProtocols: ['spdy/3'] }));
  assert.equal(upstream.received.length, before);
  const text = await metrics();
  assert.match(text, /gatehouse_connections_cut_total\{reason="handshake"\} [2-9]\n/);
});

test('connections in their handshake count against the limit, and one that never ends is cut', async () => {
  const more = `tls: ${edge[0]}\nlimits: { connections: 2 }\ntimeouts: { head: 300ms }`;
  const few = await startGateway(openRoute(upstream.url, more));
  try {
    const silent = [await connectRaw(few.port), await connectRaw(few.port)];
    // A byte now and then is no progress.
    const trickle = setInterval(() => silent[0]!.send(Buffer.from([0x16])), 50);
    silent[0]!.socket.on('close', () => clearInterval(trickle));
    await assert.rejects(connectSecure(few.port));
    assert.deepEqual(await Promise.all(silent.map((connection) => connection.ended())), ['', '']);
    const served = await connectSecure(few.port);
    served.send(requestText('/'));
    assert.equal((await served.reply()).status, 200);
    served.close();
  } finally {
    await few.close();
  }
});

test('a gateway that stops serves out requests under way, and cuts a handshake when its grace is over', async () => {
  const stopping = await startGateway(openRoute(upstream.url, `tls: ${edge[0]}`));
  const before = upstream.connections();
  const silent = await connectRaw(stopping.port);
  const busy = await connectSecure(stopping.port);
  busy.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe');
  while (upstream.connections() === before) await new Promise((resolve) => setTimeout(resolve, 5));
  const closed = stopping.close(300);
  busy.send('llo');
  assert.equal((await busy.reply()).json<Received>().body, 'hello');
  assert.equal(await busy.ended(), '');
  await closed;
  assert.equal(await silent.ended(), '');
});

test('a reply that breaks off is never ended cleanly', async () => {
  const broken = await startUpstream({
    behaviour: (socket) =>
      void socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
        setTimeout(() => socket.destroy(), 20);
      }),
  });
  const before = await startGateway(openRoute(broken.url, `tls: ${edge[0]}`));
  try {
    const connection = await connectSecure(before.port);
    connection.send(requestText('/'));
    await assert.rejects(connection.reply(), /the connection ended/);
  } finally {
    await before.close();
    await broken.close();
  }
});

test('resets in a handshake, behind it and within a request end that connection alone', async () => {
  const ends: ((connection: RawConnection) => void)[] = [
    (connection) => connection.send(Buffer.from('16030100', 'hex')),
    (connection) => connection.send(requestText('/plain')),
    () => {},
  ];
  for (const begin of ends) {
    for (const wait of [0, 5]) {
      const connection = await connectRaw(gateway.port);
      begin(connection);
      await new Promise((resolve) => setTimeout(resolve, wait));
      connection.socket.resetAndDestroy();
    }
  }
  for (const text of ['', 'GET / HT', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf']) {
    const raw = connectTcp({ port: gateway.port, host: '127.0.0.1' });
    const secure = tls.connect({ socket: raw, servername: 'gateway.test' });
    await once(secure, 'secureConnect');
    secure.write(text);
    await new Promise((resolve) => setTimeout(resolve, 5));
    secure.on('error', () => {});
    raw.resetAndDestroy();
  }
  // What is no TLS record ends the connection, and is not waited out.
  const raw = connectTcp({ port: gateway.port, host: '127.0.0.1' });
  const secure = tls.connect({ socket: raw, servername: 'gateway.test' });
  secure.on('error', () => {});
  await once(secure, 'secureConnect');
  const closed = once(raw, 'close');
  raw.write('this is no record, and long enough to be one');
  await closed;
  const connection = await connectSecure(gateway.port);
  connection.send(requestText('/'));
  assert.equal((await connection.reply()).status, 200);
  connection.close();
  while (!/gatehouse_connections_open 0\n/.test(await metrics()))
    await new Promise((resolve) => setTimeout(resolve, 20));
});
