import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ask, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { askAll } from '../support/pipeline.ts';
import { startUpstream } from '../support/upstream.ts';

async function setUp(t: TestContext) {
  const clock = createFakeClock();
  const issuer = await startIssuer({ now: clock.wall });
  const upstream = await startUpstream();
  const gateway = await startGateway(
    `
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /*, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
`,
    { clock },
  );
  t.after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));
  return {
    clock,
    issuer,
    upstream,
    gateway,
    call: (token: string) => ask(gateway.port, '/', { headers: { Authorization: `Bearer ${token}` } }),
  };
}

const request = (token: string) => requestText('/', { headers: { Authorization: `Bearer ${token}` } });

test('JWKS-02 a thousand requests at a cold start cause one fetch and are all served', async (t) => {
  const { issuer, gateway } = await setUp(t);
  const token = await issuer.mint();
  const replies = await askAll(
    gateway.port,
    Array.from({ length: 1000 }, () => request(token)),
    50,
  );
  assert.ok(replies.every(({ status }) => status === 200));
  assert.equal(issuer.fetches(), 1);
});

test('JWKS-01 10,000 random kids cause one fetch a cooldown, and known kids are served meanwhile', async (t) => {
  const { clock, issuer, upstream, gateway, call } = await setUp(t);
  const good = await issuer.mint();
  assert.equal((await call(good)).status, 200);
  const [, payload, signature] = good.split('.');
  const floodOf = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => {
      const header = Buffer.from(`{"alg":"RS256","kid":"unknown-${from + at}"}`).toString('base64url');
      return request(`${header}.${payload}.${signature}`);
    });
  const [flood, served] = await Promise.all([
    askAll(gateway.port, floodOf(0, 10_000), 20),
    askAll(
      gateway.port,
      Array.from({ length: 200 }, () => request(good)),
      2,
    ),
  ]);
  assert.ok(flood.every((reply) => reply.status === 401 && reply.body.includes('"reason":"unknown_key"')));
  assert.ok(served.every(({ status }) => status === 200));
  assert.equal(issuer.fetches(), 2, 'the one at the start and one more');
  assert.equal(upstream.received.length, 201);

  // A key made during the flood waits for the end of the cooldown, and no longer.
  await issuer.rotate({ keepOld: true });
  const fresh = await issuer.mint();
  assert.equal((await call(fresh)).status, 401);
  clock.advance(30_000);
  const [late] = await Promise.all([call(fresh), askAll(gateway.port, floodOf(10_000, 100))]);
  assert.equal(late.status, 200);
  assert.equal(issuer.fetches(), 3);
});

test('JWKS-03 a new key is accepted on its first request, and the old one as long as it stays', async (t) => {
  const { issuer, call } = await setUp(t);
  const old = await issuer.mint();
  assert.equal((await call(old)).status, 200);
  await issuer.rotate({ keepOld: true });
  const replies = await Promise.all(Array.from({ length: 20 }, async () => call(await issuer.mint())));
  assert.ok(replies.every(({ status }) => status === 200));
  assert.equal(issuer.fetches(), 2);
  assert.equal((await call(old)).status, 200);
});
