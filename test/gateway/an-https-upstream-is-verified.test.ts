import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import * as tls from 'node:tls';
import { createCertificate, type CertificateOptions } from '../support/certificate.ts';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';

const authority = { name: 'Test authority', ...createCertificate({ name: 'Test authority', isAuthority: true }) };
tls.setDefaultCACertificates([authority.cert]);

const closing: (() => unknown)[] = [];
after(() => Promise.all(closing.map((close) => close())));

/** A gateway before a TLS server with such a certificate; `host` is what the target names. */
async function before(certificate: CertificateOptions, host: string) {
  let requests = 0;
  const serverNames: (string | false | null)[] = [];
  const server = tls.createServer(
    { ...createCertificate(certificate), ALPNProtocols: ['h2', 'http/1.1'] },
    (socket) => {
      serverNames.push(socket.servername);
      socket.on('error', () => {});
      socket.on('data', () => {
        requests++;
        const body = String(socket.alpnProtocol);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
    },
  );
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const gateway = await startGateway(openRoute(`https://${host}:${(server.address() as AddressInfo).port}`));
  closing.push(gateway.close, () => server.close());
  return { gateway, serverNames, requests: () => requests };
}

test('an upstream with a certificate for its name is spoken to over TLS, in HTTP/1.1, on kept connections', async () => {
  for (const name of ['localhost', '127.0.0.1']) {
    const { gateway, serverNames } = await before({ name, issuer: authority }, name);
    for (let at = 0; at < 3; at++) {
      const reply = await ask(gateway.port, '/');
      assert.deepEqual([reply.status, reply.body], [200, 'http/1.1'], name);
    }
    // An address is never sent as a server name (RFC 6066 §3).
    assert.deepEqual(serverNames, [name === 'localhost' ? 'localhost' : false]);
  }
});

test('a certificate that is expired, for another name or from nobody known gets no request', async () => {
  for (const [why, certificate] of [
    ['expired', { name: 'localhost', issuer: authority, notAfter: new Date('2021-01-01') }],
    ['another name', { name: 'other.test', issuer: authority }],
    ['self-signed', { name: 'localhost' }],
  ] as const) {
    const { gateway, requests } = await before(certificate, 'localhost');
    const reply = await ask(gateway.port, '/');
    assert.equal(reply.json().code, 'upstream_unreachable', why);
    assert.equal(requests(), 0, why);
  }
});
