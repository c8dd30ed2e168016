import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as tls from 'node:tls';
import { createCertificate } from '../support/certificate.ts';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';

// Node itself trusts neither of the two.
const authority = { name: 'Private authority', ...createCertificate({ name: 'Private authority', isAuthority: true }) };
const other = createCertificate({ name: 'Another authority', isAuthority: true });
const folder = createFolder();
const write = (name: string, pem: string): string => {
  writeFileSync(join(folder, name), pem);
  return `'${folder}/${name}'`;
};
const ca = write('ca.pem', authority.cert);
const otherCa = write('other.pem', other.cert);
const mine = createCertificate({ name: 'gatehouse.internal', issuer: authority });
const client = `cert: ${write('client.pem', mine.cert)}, key: ${write('client.key', mine.key)}`;

const server = tls.createServer(
  {
    ...createCertificate({ name: 'orders.internal', issuer: authority }),
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  },
  (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      const caller = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : 'nobody';
      const body = `${String(socket.servername)} ${caller}`;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  },
);
server.on('tlsClientError', () => {});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

async function answered(settings: string): Promise<string> {
  const gateway = await startGateway(`
upstreams: { service: { targets: ['https://127.0.0.1:${port}'], tls: { ${settings} } } }
routes: [{ path: /*, kind: operations, upstream: service, auth: none }]
`);
  try {
    const reply = await ask(gateway.port, '/');
    return reply.status === 200 ? reply.body : reply.json().code;
  } finally {
    await gateway.close();
  }
}

after(() => server.close());

test('a service is verified against the authority that its upstream names, under the name it gives', async () => {
  assert.equal(await answered(`ca: ${ca}, server_name: orders.internal`), 'orders.internal nobody');
  for (const [why, settings] of [
    ['a name that is not in the certificate', `ca: ${ca}, server_name: payments.internal`],
    ['an address that is not in the certificate', `ca: ${ca}`],
    ['another authority', `ca: ${otherCa}, server_name: orders.internal`],
    ['an authority that Node does not know', 'server_name: orders.internal'],
  ] as const) {
    assert.equal(await answered(settings), 'upstream_unreachable', why);
  }
});

test('a service that asks who is calling is shown the certificate of the gateway', async () => {
  assert.equal(
    await answered(`ca: ${ca}, server_name: orders.internal, ${client}`),
    'orders.internal gatehouse.internal',
  );
});

test('unverified it is only where the upstream says so, whatever the environment says', async () => {
  assert.equal(
    await answered('server_name: payments.internal, insecure_skip_verify: true'),
    'payments.internal nobody',
  );
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    assert.equal(await answered('server_name: orders.internal'), 'upstream_unreachable');
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  }
});

test('a new authority and a new certificate on disk serve the next connections', async (t) => {
  const clock = createFakeClock();
  const renewedCa = write('renewed-ca.pem', other.cert);
  const first = createCertificate({ name: 'first.internal', issuer: authority });
  const pair = `cert: ${write('renewed.pem', first.cert)}, key: ${write('renewed.key', first.key)}`;
  const gateway = await startGateway(
    `
upstreams:
  service:
    targets: ['https://127.0.0.1:${port}']
    keep_alive: 1s
    retry: { attempts: 0 }
    tls: { ca: ${renewedCa}, server_name: orders.internal, ${pair} }
routes: [{ path: /*, kind: operations, upstream: service, auth: none }]
`,
    { clock },
  );
  t.after(() => gateway.close());
  const changes = () => gateway.events.filter(({ event }) => event === 'certificate_changed').length;
  const changed = async (times: number) => {
    while (changes() < times) {
      clock.advance(10_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  assert.equal((await ask(gateway.port, '/')).json().code, 'upstream_unreachable');
  write('renewed-ca.pem', authority.cert);
  await changed(1);
  assert.equal((await ask(gateway.port, '/')).body, 'orders.internal first.internal');
  const second = createCertificate({ name: 'second.internal', issuer: authority });
  write('renewed.pem', second.cert);
  write('renewed.key', second.key);
  await changed(2);
  clock.advance(10_000);
  assert.equal((await ask(gateway.port, '/')).body, 'orders.internal second.internal');
  write('renewed.key', first.key);
  while (!gateway.events.some(({ event }) => event === 'certificate_rejected')) {
    clock.advance(10_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal((await ask(gateway.port, '/')).body, 'orders.internal second.internal');
});
