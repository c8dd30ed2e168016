import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { hostileTokens, type HostileToken } from '../support/hostile-tokens.ts';
import { startIssuer } from '../support/issuer.ts';
import { askAll } from '../support/pipeline.ts';
import { startUpstream } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /*, kind: internal, upstream: orders, auth: { issuer: main, required_claims: [sub, tenant_id] }, rate_limit: none }
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const byRow = Map.groupBy(await hostileTokens(issuer), ({ id }) => id);

for (const [id, tokens] of byRow) {
  test(`${id} ${tokens.length} hostile tokens are refused, and nothing reaches the service`, async () => {
    const before = upstream.received.length;
    const replies = await askAll(
      gateway.port,
      tokens.map(({ token }) => requestText('/orders', bearer(token))),
    );
    for (const [at, reply] of replies.entries()) assertRefused(tokens[at]!, reply.status, reply.json());
    assert.equal(upstream.received.length, before);
    assert.equal((await ask(gateway.port, '/orders', bearer(await issuer.mint()))).status, 200);
  });
}

function assertRefused(
  { what, token, reasons }: HostileToken,
  status: number,
  problem: { code: string; reason?: string },
) {
  if (token.length > 16_000) return assert.equal(problem.code, 'headers_too_large', what);
  assert.equal(status, 401, what);
  assert.equal(problem.code, 'invalid_token', what);
  assert.ok(reasons.includes(problem.reason as (typeof reasons)[number]), `${what}: ${problem.reason}`);
}

test('JWT-24 no token has changed what every object inherits', () => {
  assert.deepEqual(Object.keys(Object.getPrototypeOf({}) as object), []);
  assert.equal(({} as Record<string, unknown>).sub, undefined);
});

test('JWT-41 tokens that are refused leave nothing behind', () => {
  const kept = gateway.plan.tokenCaches.reduce((sum, cache) => sum + cache.stats().entries, 0);
  assert.ok(kept <= byRow.size, `${kept} entries for the ${byRow.size} good ones`);
});
