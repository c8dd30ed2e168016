import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as tls from 'node:tls';
import { createCertificate } from '../support/certificate.ts';
import { connectSecure, requestText, type Reply } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { cutFor } from '../support/cut-connections.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { oneRound } from '../support/other-end.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const authority = { name: 'Clients', ...createCertificate({ name: 'Clients', isAuthority: true }) };
const stranger = { name: 'Strangers', ...createCertificate({ name: 'Strangers', isAuthority: true }) };
const server = createCertificate({ name: 'gateway.test' });
tls.setDefaultCACertificates([server.cert]);
const orders = createCertificate({
  name: 'orders.internal',
  issuer: authority,
  uris: ['spiffe://example.org/orders'],
});
const billing = createCertificate({ name: 'billing.internal', issuer: authority });
const expired = createCertificate({ name: 'old.internal', issuer: authority, notAfter: new Date('2021-01-01') });
const forged = createCertificate({ name: 'orders.internal', issuer: { ...stranger, name: 'Clients' } });
const ownWord = createCertificate({ name: 'orders.internal' });

const folder = createFolder();
writeFileSync(join(folder, 'edge.pem'), server.cert);
writeFileSync(join(folder, 'edge.key'), server.key);
const writeAuthority = (pem: string) => writeFileSync(join(folder, 'clients.pem'), pem);
writeAuthority(authority.cert);
const clock = createFakeClock();
const upstream = await startUpstream();
const start = (mode: string): Promise<TestGateway> =>
  startGateway(
    `
tls: { cert: '${folder}/edge.pem', key: '${folder}/edge.key', client_certificates: { mode: ${mode}, ca: '${folder}/clients.pem' } }
timeouts: { idle: 1h }
log: { level: debug }
upstreams: { service: { targets: ["${upstream.url}"] } }
routes:
  - { path: /open, kind: operations, upstream: service, auth: none }
  - path: /shown
    kind: operations
    upstream: service
    auth: none
    client_certificate: required
    plugins: [inject-claims: { headers: { X-Client: "certificate:subject", X-Client-URI: "certificate:uri" } }]
  - { path: /named, kind: operations, upstream: service, auth: none, client_certificate: [spiffe://example.org/orders] }
`,
    { clock },
  );
const optional = await start('optional');
const required = await start('require');
after(() => Promise.all([optional.close(), required.close(), upstream.close()]));

async function ask(gateway: TestGateway, path: string, options: tls.ConnectionOptions = {}): Promise<Reply> {
  const connection = await connectSecure(gateway.port, { servername: 'gateway.test', ...options });
  connection.send(requestText(path, { headers: { 'X-Client': 'CN=admin', 'X-Client-URI': 'spiffe://admin' } }));
  const reply = await connection.reply();
  connection.close();
  return reply;
}

/** Whether the gateway closes the connection without a word, whatever the handshake said. */
async function turnedAway(gateway: TestGateway, options: tls.ConnectionOptions): Promise<boolean> {
  const socket = tls.connect({ port: gateway.port, host: '127.0.0.1', servername: 'gateway.test', ...options });
  let heard = '';
  socket.on('error', () => {});
  socket.on('data', (bytes) => (heard += String(bytes)));
  socket.on('secureConnect', () => socket.write(requestText('/open')));
  await new Promise((resolve) => socket.on('close', resolve));
  return heard === '';
}

const header = ({ headers }: Received, name: string) =>
  headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);

test('a service hears who the certificate is of, and never what the caller says of itself', async () => {
  for (const gateway of [optional, required]) {
    const seen = (await ask(gateway, '/shown', orders)).json<Received>();
    assert.deepEqual(header(seen, 'x-client'), ['CN=orders.internal']);
    assert.deepEqual(header(seen, 'x-client-uri'), ['spiffe://example.org/orders']);
    const other = (await ask(gateway, '/shown', billing)).json<Received>();
    assert.deepEqual(header(other, 'x-client'), ['CN=billing.internal']);
    assert.deepEqual(header(other, 'x-client-uri'), []);
    const open = (await ask(gateway, '/open', orders)).json<Received>();
    assert.deepEqual(header(open, 'x-client'), []);
  }
});

test('where it is optional, a caller without one has the routes that want none', async () => {
  assert.equal((await ask(optional, '/open')).status, 200);
  for (const path of ['/shown', '/named']) {
    const reply = await ask(optional, path);
    assert.deepEqual([reply.status, reply.json().code], [403, 'certificate_required']);
  }
});

test('a route takes the names it lists', async () => {
  assert.equal((await ask(required, '/named', orders)).status, 200);
  const refused = await ask(required, '/named', billing);
  assert.deepEqual([refused.status, refused.json().code], [403, 'certificate_required']);
});

test('one that does not verify is turned away and counted, in either mode; none at all, where it is required', async () => {
  for (const [gateway, options] of [
    [required, {}],
    [required, forged],
    [required, ownWord],
    [required, expired],
    [optional, forged],
    [optional, ownWord],
    [optional, expired],
    [required, { maxVersion: 'TLSv1.2' as const }],
    [required, { maxVersion: 'TLSv1.2' as const, ...forged }],
  ] as const) {
    const before = await cutFor(gateway.adminPort, 'handshake');
    assert.ok(await turnedAway(gateway, options));
    while ((await cutFor(gateway.adminPort, 'handshake')) !== before + 1) await oneRound();
  }
  const problems = optional.events.filter(({ event }) => event === 'client_certificate_refused');
  assert.deepEqual(
    problems.map(({ fields }) => fields['problem']),
    ['CERT_SIGNATURE_FAILURE', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED'],
  );
});

test('a session is never resumed: a ticket would outlive who vouched for its holder', async () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const sessions: Buffer[] = [];
    const first = await connectSecure(optional.port, { servername: 'gateway.test', maxVersion, ...orders });
    first.socket.on('session', (session) => sessions.push(session));
    first.send(requestText('/shown'));
    await first.reply();
    const session = sessions.at(-1) ?? first.socket.getSession();
    first.close();
    const again = await connectSecure(optional.port, {
      servername: 'gateway.test',
      maxVersion,
      ...(session === undefined ? {} : { session }),
    });
    assert.equal(again.socket.isSessionReused(), false, maxVersion);
    again.send(requestText('/shown'));
    assert.equal((await again.reply()).status, 403);
    again.close();
  }
});

test('a new authority on disk decides about new connections, and open ones stay', async () => {
  const open = await connectSecure(optional.port, { servername: 'gateway.test', ...orders });
  writeAuthority(stranger.cert);
  const isTold = () => optional.events.some(({ event }) => event === 'certificate_changed');
  while (!isTold()) {
    clock.advance(10_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(await turnedAway(optional, orders));
  const welcome = createCertificate({ name: 'new.internal', issuer: stranger });
  assert.equal((await ask(optional, '/shown', welcome)).status, 200);
  open.send(requestText('/shown'));
  assert.equal((await open.reply()).status, 200);
  open.close();
});
