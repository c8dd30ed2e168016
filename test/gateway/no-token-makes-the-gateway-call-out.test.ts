import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { createSigningKey, startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

test('JWT-13 JWT-14 keys that a token brings or points to are neither fetched nor used', async (t) => {
  const issuer = await startIssuer();
  const upstream = await startUpstream();
  const attacker = await startUpstream();
  const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /*, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
`);
  t.after(() => Promise.all([gateway.close(), upstream.close(), attacker.close(), issuer.close()]));
  const call = (token: string) => ask(gateway.port, '/', { headers: { Authorization: `Bearer ${token}` } });
  const stranger = await createSigningKey('RS256', issuer.key().kid);
  for (const header of [
    { jku: attacker.url },
    { x5u: attacker.url },
    { jku: attacker.url, kid: 'other' },
    { kid: attacker.url },
    { jwk: stranger.jwk },
    { x5c: ['MIIB'] },
  ]) {
    const reply = await call(await issuer.mint({}, { header, key: stranger }));
    assert.equal(reply.status, 401, JSON.stringify(header));
    assert.equal(reply.json().code, 'invalid_token');
  }
  const fromClaims = await issuer.mint({ iss: attacker.url });
  assert.equal((await call(fromClaims)).json().reason, 'issuer');
  assert.equal(attacker.connections(), 0);
  assert.equal(upstream.received.length, 0);
  assert.equal((await call(await issuer.mint())).status, 200);
});
