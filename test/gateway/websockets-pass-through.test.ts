import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { WebSocket as UndiciWebSocket } from 'undici';
import { createCertificate } from '../support/certificate.ts';
import { connectRaw, connectSecure } from '../support/client.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { handshakeText, openWebSocket, startEchoService, startSwitching, switchOver } from '../support/websocket.ts';

const reflect = (socket: Socket, first: Buffer): void => {
  socket.write(first);
  socket.pipe(socket);
};
const issuer = await startIssuer();
const service = await startEchoService({ perMessageDeflate: true });
/** Sends back every byte as it came. */
const mirror = await startSwitching(reflect);
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams:
  service: { targets: ["${service.url}"] }
  mirror: { targets: ["${mirror.url}"] }
routes:
  - path: /live
    kind: internal
    upstream: service
    auth: { issuer: main }
    rate_limit: none
    upgrade: [websocket]
    plugins: [{ inject-claims: { headers: { X-User-ID: sub } } }]
  - { path: /open, kind: operations, upstream: service, auth: none, rate_limit: none, upgrade: [websocket] }
  - { path: /mirror, kind: operations, upstream: mirror, auth: none, rate_limit: none, upgrade: [websocket] }
`);
after(() => Promise.all([gateway.close(), service.close(), mirror.close(), issuer.close()]));

test('a WebSocket is opened with a token, carries messages both ways, and is one line when it ends', async () => {
  const headers = { Authorization: `Bearer ${await issuer.mint()}`, 'X-User-ID': 'somebody-else' };
  const options = { headers, protocols: ['other', 'chat'], perMessageDeflate: false };
  const client = await openWebSocket(gateway.port, '/live', options);
  assert.equal(client.socket.protocol, 'chat');
  client.socket.send('one');
  client.socket.send('two');
  assert.equal(await client.message(), 'one');
  assert.equal(await client.message(), 'two');
  client.socket.close(4001, 'bye');
  assert.equal(await client.closed, 4001);
  assert.deepEqual(service.closes, [4001]);
  const [head] = service.heads;
  assert.equal(head!.headers['x-user-id'], 'user-1');
  assert.equal(head!.headers.authorization, undefined);
  assert.equal(head!.headers.upgrade, 'websocket');
  const [line] = await gateway.accessLines(1);
  assert.equal(line!.status, 101);
  assert.equal(line!.subject, 'user-1');
  assert.equal(line!.tunnel_end, 'upstream_closed');
  // Two text frames and a Close with a code and a reason; those of the client are masked.
  assert.equal(line!.bytes_in, 9 + 9 + 11);
  assert.equal(line!.bytes_out, 5 + 5 + 7);
});

test('UPG-05 compressed messages of 16 MB pass end to end, to another client as well', async () => {
  const client = await openWebSocket(gateway.port, '/open', { perMessageDeflate: true, maxPayload: 1 << 25 });
  assert.match(client.socket.extensions, /permessage-deflate/);
  const large = randomBytes(12_000_000).toString('base64');
  client.socket.send(large);
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  assert.equal(digest(await client.message()), digest(large));
  client.socket.close(1000);
  assert.equal(await client.closed, 1000);

  const other = new UndiciWebSocket(`ws://127.0.0.1:${gateway.port}/open`, ['chat']);
  await once(other, 'open');
  assert.equal(other.protocol, 'chat');
  const answer = once(other, 'message');
  other.send('from undici');
  assert.equal(((await answer)[0] as MessageEvent).data, 'from undici');
  const closed = once(other, 'close');
  other.close(3000);
  assert.equal(((await closed)[0] as CloseEvent).code, 3000);
});

test('UPG-05 every byte passes unchanged: fragments, pings, odd opcodes, bad UTF-8, a Close and what stands behind it', async () => {
  const masked = (first: number, payload: Buffer) =>
    Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  const sent = Buffer.concat([
    masked(0x01, Buffer.from('frag')),
    masked(0x89, Buffer.from('ping between')),
    masked(0x80, Buffer.from('ment')),
    masked(0x81, Buffer.from([0xff, 0xc0, 0x80])),
    masked(0xf3, Buffer.from('reserved')),
    masked(0x82, Buffer.alloc(0)),
    randomBytes(1_000_000),
    masked(0x88, Buffer.from([0x00, 0x01])),
    Buffer.from('behind the Close'),
  ]);
  const connection = await connectRaw(gateway.port);
  // Some of it comes with the head, before anybody has agreed to it.
  connection.send(handshakeText('/mirror'));
  connection.send(sent.subarray(0, 40));
  assert.equal((await connection.reply()).status, 101);
  for (let at = 40; at < 400; at++) connection.send(sent.subarray(at, at + 1));
  connection.send(sent.subarray(400));
  // The caller says no more, and still hears everything.
  connection.socket.end();
  assert.equal(Buffer.from(await connection.ended(), 'latin1').equals(sent), true);
});

test('a WebSocket passes from TLS to TLS', async () => {
  const authority = { name: 'Test authority', ...createCertificate({ name: 'Test authority', isAuthority: true }) };
  const { cert, key } = createCertificate({ name: 'gateway.test', issuer: authority });
  const folder = createFolder();
  writeFileSync(join(folder, 'ca.pem'), authority.cert);
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
  const server = createTlsServer({ cert, key, allowHalfOpen: true }, (socket) => switchOver(socket, reflect));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const secured = await startGateway(`
tls: { cert: '${folder}/cert.pem', key: '${folder}/key.pem' }
upstreams:
  service:
    targets: ["https://127.0.0.1:${(server.address() as AddressInfo).port}"]
    tls: { ca: '${folder}/ca.pem', server_name: gateway.test }
routes:
  - { path: /live, kind: operations, upstream: service, auth: none, rate_limit: none, upgrade: [websocket] }
`);
  const connection = await connectSecure(secured.port, { ca: authority.cert });
  connection.send(handshakeText('/live'));
  assert.equal((await connection.reply()).status, 101);
  const sent = randomBytes(3_000_000);
  connection.send(sent);
  connection.socket.end();
  assert.equal(Buffer.from(await connection.ended(), 'latin1').equals(sent), true);
  await secured.close();
  server.close();
});
