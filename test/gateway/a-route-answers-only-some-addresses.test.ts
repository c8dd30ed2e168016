import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
const ALLOWED = 'ip-allow: [10.1.0.0/16, "2001:db8::/32"]';
const gateway = await startGateway(`
trusted_proxies: [127.0.0.0/8]
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /open, kind: operations, upstream: orders, auth: none, plugins: [${ALLOWED}] }
  - { path: /guarded, kind: internal, upstream: orders, auth: { issuer: main }, plugins: [${ALLOWED}] }
  - { path: /mocked, kind: operations, upstream: orders, auth: none, plugins: [mock-response: {}, ${ALLOWED}] }
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const from = (address: string) => ['X-Forwarded-For', address] as const;

for (const [address, status] of [
  ['10.1.255.1', 200],
  ['::ffff:10.1.0.9', 200],
  ['2001:db8::7', 200],
  ['10.2.0.1', 403],
  ['2001:db9::7', 403],
  ['10.1.0.1, 192.0.2.1', 403],
] as const) {
  test(`${address} gets ${status}`, async () => {
    const before = upstream.received.length;
    const reply = await ask(gateway.port, '/open', { headers: [from(address)] });
    assert.equal(reply.status, status);
    if (status === 403) assert.equal(reply.json().code, 'address_not_allowed');
    assert.equal(upstream.received.length - before, status === 200 ? 1 : 0);
  });
}

test('no address stands for a token', async () => {
  assert.equal((await ask(gateway.port, '/guarded', { headers: [from('10.1.0.1')] })).json().code, 'missing_token');
  assert.equal((await ask(gateway.port, '/guarded', { headers: [from('10.2.0.1')] })).json().code, 'missing_token');
  const bearer = ['Authorization', `Bearer ${await issuer.mint({})}`] as const;
  assert.equal((await ask(gateway.port, '/guarded', { headers: [from('10.1.0.1'), bearer] })).status, 200);
  const refused = await ask(gateway.port, '/guarded', { headers: [from('10.2.0.1'), bearer] });
  assert.equal(refused.json().code, 'address_not_allowed');
});

test('addresses are looked at before a mock answers, in whatever order they are listed', async () => {
  assert.equal((await ask(gateway.port, '/mocked', { headers: [from('10.1.0.1')] })).status, 200);
  assert.equal((await ask(gateway.port, '/mocked', { headers: [from('10.2.0.1')] })).status, 403);
});
