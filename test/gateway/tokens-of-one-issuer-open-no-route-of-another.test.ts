import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

// Both name their keys alike: `rs256-1` is in either set.
const ours = await startIssuer({ issuer: 'https://ours.example' });
const theirs = await startIssuer({ issuer: 'https://theirs.example' });
const upstream = await startUpstream();
const gateway = await startGateway(`
issuers:
  ours: { issuer: "${ours.issuer}", jwks_uri: "${ours.jwksUri}", audience: api }
  theirs: { issuer: "${theirs.issuer}", jwks_uri: "${theirs.jwksUri}", audience: api }
  # The same keys, and another name: what one signs for the other is not the other's.
  twin: { issuer: "https://twin.example", jwks_uri: "${ours.jwksUri}", audience: api }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /ours, kind: internal, upstream: orders, auth: { issuer: ours }, rate_limit: none }
  - { path: /theirs, kind: internal, upstream: orders, auth: { issuer: theirs }, rate_limit: none }
  - { path: /twin, kind: internal, upstream: orders, auth: { issuer: twin }, rate_limit: none }
  - { path: /strict, kind: internal, upstream: orders, auth: { issuer: ours, required_claims: [tenant_id] }, rate_limit: none }
`);
after(() => Promise.all([gateway.close(), upstream.close(), ours.close(), theirs.close()]));

const call = (path: string, token: string) =>
  ask(gateway.port, path, { headers: { Authorization: `Bearer ${token}` } });

test('JWT-33 a good token of one issuer is refused on a route of another, cached or not', async () => {
  const token = await ours.mint({ aud: 'api' });
  const foreign = await theirs.mint({ aud: 'api' });
  for (let round = 0; round < 2; round++) {
    assert.equal((await call('/ours', token)).status, 200);
    assert.equal((await call('/theirs', foreign)).status, 200);
    const before = upstream.received.length;
    for (const [path, other, reason] of [
      ['/theirs', token, 'signature'],
      ['/ours', foreign, 'signature'],
      ['/twin', token, 'issuer'],
    ] as const) {
      const reply = await call(path, other);
      assert.equal(reply.status, 401);
      assert.equal(reply.json().code, 'invalid_token');
      assert.equal(reply.json().reason, reason);
    }
    assert.equal(upstream.received.length, before);
  }
});

test('JWT-39 JWT-35 what was verified on one route is not believed on one that asks for more', async () => {
  const token = await ours.mint({ aud: 'api', tenant_id: undefined });
  assert.equal((await call('/ours', token)).status, 200);
  const reply = await call('/strict', token);
  assert.equal(reply.json().code, 'invalid_token');
  assert.equal(reply.json().reason, 'claim');
});
