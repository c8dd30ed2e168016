import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: orders-api } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
rate_limits: { plan: { by: user, quota: 100/min } }
routes:
  - path: /api/v1/*
    kind: public
    upstream: orders
    auth: { issuer: main, required_claims: [sub, tenant_id] }
    rate_limit: plan
    plugins:
      - inject-claims: { headers: { X-User-ID: sub, X-Tenant-ID: tenant_id } }
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

test('a request with a good token reaches the service with its claims as headers and without the token', async () => {
  const token = await issuer.mint({ sub: 'u-1', aud: 'orders-api', tenant_id: 't 1' });
  const reply = await ask(gateway.port, '/api/v1/orders?x=%2f', { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(reply.status, 200, reply.body);
  const seen = reply.json<Received>();
  const header = (name: string) => seen.headers.find(([other]) => other.toLowerCase() === name)?.[1];
  assert.equal(seen.target, '/api/v1/orders?x=%2f');
  assert.equal(header('x-user-id'), 'u-1');
  assert.equal(header('x-tenant-id'), 't%201');
  assert.equal(header('authorization'), undefined);
  assert.equal(reply.headers.get('ratelimit-policy'), '"plan";q=100;w=60');
});

test('OA-01 a request without a token is refused with a bare challenge', async () => {
  const reply = await ask(gateway.port, '/api/v1/orders');
  assert.equal(reply.status, 401);
  assert.equal(reply.json().code, 'missing_token');
  assert.equal(reply.headers.get('www-authenticate'), 'Bearer realm="main"');
  assert.equal(upstream.received.length, 1);
});
