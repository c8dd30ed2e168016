import assert from 'node:assert/strict';
import { X509Certificate, createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import * as tls from 'node:tls';
import { createCertificate } from '../support/certificate.ts';
import { connectSecure, requestText } from '../support/client.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const authority = { name: 'Clients', ...createCertificate({ name: 'Clients', isAuthority: true }) };
const server = createCertificate({ name: 'gateway.test' });
tls.setDefaultCACertificates([server.cert]);
const mine = createCertificate({ name: 'orders.internal', issuer: authority });
const other = createCertificate({ name: 'orders.internal', issuer: authority });
const folder = createFolder();
writeFileSync(`${folder}/edge.pem`, server.cert);
writeFileSync(`${folder}/edge.key`, server.key);
writeFileSync(`${folder}/clients.pem`, authority.cert);

const issuer = await startIssuer();
const upstream = await startUpstream();
const gateway = await startGateway(`
tls: { cert: ${folder}/edge.pem, key: ${folder}/edge.key, client_certificates: { mode: optional, ca: ${folder}/clients.pem } }
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: api } }
upstreams: { service: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, kind: internal, upstream: service, auth: { issuer: main } }]
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const thumbprint = createHash('sha256').update(new X509Certificate(mine.cert).raw).digest('base64url');
const bound = (cnf: unknown) => issuer.mint({ aud: 'api', sub: 'orders', cnf });

async function answered(token: string, certificate: { cert: string; key: string } | undefined): Promise<unknown> {
  const connection = await connectSecure(gateway.port, { servername: 'gateway.test', ...certificate });
  connection.send(requestText('/', { headers: { Authorization: `Bearer ${token}` } }));
  const reply = await connection.reply();
  connection.close();
  return reply.status === 200 ? 200 : [reply.status, reply.json().code, reply.json().reason];
}

test('JWT-43 a token bound to a certificate is good with it, and with nothing else, known or not', async () => {
  const token = await bound({ 'x5t#S256': thumbprint });
  const refused = [401, 'invalid_token', 'claim'];
  for (const time of ['first', 'again']) {
    assert.deepEqual(await answered(token, undefined), refused, time);
    assert.deepEqual(await answered(token, other), refused, time);
    assert.equal(await answered(token, mine), 200, time);
  }
});

test('JWT-42 JWT-43 what binds to something else, or to more, is refused with any certificate', async () => {
  for (const cnf of [
    { 'x5t#S256': `${thumbprint}A` },
    { 'x5t#S256': thumbprint, jkt: 'A'.repeat(43) },
    { 'x5t#S256': [thumbprint] },
    { jkt: thumbprint },
    thumbprint,
    {},
  ]) {
    assert.deepEqual(await answered(await bound(cnf), mine), [401, 'invalid_token', 'claim'], JSON.stringify(cnf));
  }
});
