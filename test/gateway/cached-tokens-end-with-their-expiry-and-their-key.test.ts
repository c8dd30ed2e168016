import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { createIssuer, startIssuer } from '../support/issuer.ts';
import { until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const clock = createFakeClock();
const issuer = await startIssuer({ now: clock.wall });
const upstream = await startUpstream();
const gateway = await startGateway(
  `
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}", max_token_lifetime: 1h } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /*, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
`,
  { clock },
);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const call = (token: string) => ask(gateway.port, '/', { headers: { Authorization: `Bearer ${token}` } });
const hits = () => gateway.plan.tokenCaches.reduce((sum, cache) => sum + cache.stats().hits, 0);
const seconds = () => Math.floor(clock.wall() / 1000);

async function assertReason(token: string, reason: string): Promise<void> {
  const before = upstream.received.length;
  const reply = await call(token);
  assert.equal(reply.status, 401);
  assert.equal(reply.json().code, 'invalid_token');
  assert.equal(reply.json().reason, reason);
  assert.equal(upstream.received.length, before);
}

test('JWT-39 JWT-28 a cached token is refused the second its skew is over', async () => {
  const token = await issuer.mint({ exp: seconds() + 100 });
  // What was verified while the first set was on its way is verified once more.
  for (let at = 0; at < 2; at++) assert.equal((await call(token)).status, 200);
  const before = hits();
  clock.advance(129_000);
  assert.equal((await call(token)).status, 200);
  assert.equal(hits(), before + 1, 'it was cached');
  clock.advance(1000);
  await assertReason(token, 'expired');
  assert.equal((await call(await issuer.mint())).status, 200);
});

test('JWT-28 the skew counts to the second, for exp, nbf and iat', async () => {
  assert.equal((await call(await issuer.mint({ exp: seconds() - 29 }))).status, 200);
  await assertReason(await issuer.mint({ exp: seconds() - 31 }), 'expired');
  for (const claim of ['nbf', 'iat']) {
    assert.equal((await call(await issuer.mint({ [claim]: seconds() + 29 }))).status, 200);
    await assertReason(await issuer.mint({ [claim]: seconds() + 31 }), 'not_yet_valid');
  }
});

test('JWT-27 an exp with a fraction is a moment', async () => {
  assert.equal((await call(await issuer.mint({ exp: seconds() + 0.5 }))).status, 200);
});

test('JWT-30 a token that lives longer than the longest is refused', async () => {
  assert.equal((await call(await issuer.mint({ exp: seconds() + 3600 }))).status, 200);
  await assertReason(await issuer.mint({ exp: seconds() + 3601 }), 'claim');
});

test('JWT-39 tokens with one prefix and other signatures do not share what was verified', async () => {
  const token = await issuer.mint();
  assert.equal((await call(token)).status, 200);
  const forged = `${token.slice(0, -8)}${token.at(-8) === 'A' ? 'B' : 'A'}${token.slice(-7)}`;
  await assertReason(forged, 'signature');
  assert.equal((await call(token)).status, 200);
});

test('JWT-39 JWKS-04 a token is refused when its key has left the set, cached or not', async () => {
  const keySet = gateway.plan.keySets.get(issuer.jwksUri)!;
  // Renewed at 80 % of 10 min; shortly before, the token is cached.
  clock.advance(470_000 - keySet.state().ageMs!);
  const token = await issuer.mint();
  assert.equal((await call(token)).status, 200);
  const before = hits();
  assert.equal((await call(token)).status, 200);
  assert.equal(hits(), before + 1);
  await issuer.rotate();
  const version = keySet.version();
  clock.advance(11_000);
  await until(() => keySet.version() !== version);
  await assertReason(token, 'unknown_key');
  assert.equal((await call(await issuer.mint())).status, 200);
});

test('JWT-41 a token that was found forged is looked at again once the keys have changed', async () => {
  const token = await issuer.mint({ exp: seconds() + 3000 });
  const { kid } = issuer.key();
  const other = await createIssuer({ issuer: issuer.issuer });
  issuer.answerWith((_, response) => {
    response.end(JSON.stringify({ keys: other.jwks().keys.map((key, at) => (at === 0 ? { ...key, kid } : key)) }));
  });
  const keySet = gateway.plan.keySets.get(issuer.jwksUri)!;
  const renewed = async () => {
    const before = keySet.version();
    // In small steps: a fetch has its own time limit on this clock.
    for (; keySet.version() === before; clock.advance(2000)) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  await renewed();
  // The second time it is known.
  for (let at = 0; at < 2; at++) await assertReason(token, 'signature');
  issuer.answerWith(undefined);
  await renewed();
  assert.equal((await call(token)).status, 200);
});
