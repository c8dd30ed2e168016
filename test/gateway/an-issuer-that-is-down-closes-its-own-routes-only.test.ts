import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { KeySetState } from '../../src/auth/keyset.ts';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

/** Gives a fetch that has begun the time to fail, or to succeed, before the clock goes on. */
async function fetchesEnd(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function setUp(t: TestContext, isDown: boolean) {
  const clock = createFakeClock();
  const issuer = await startIssuer({ now: clock.wall });
  const other = await startIssuer({ issuer: 'https://other.example', now: clock.wall });
  if (isDown) issuer.goDown();
  const upstream = await startUpstream();
  const gateway = await startGateway(
    `
issuers:
  main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}", max_stale: 1h }
  other: { issuer: "${other.issuer}", jwks_uri: "${other.jwksUri}", audience: "${other.audience}" }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /main, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
  - { path: /other, kind: internal, upstream: orders, auth: { issuer: other }, rate_limit: none }
  - { path: /open, kind: operations, upstream: orders, auth: none, rate_limit: none }
`,
    { clock },
  );
  const state = () => gateway.plan.keySets.get(issuer.jwksUri)!.state();
  t.after(() => Promise.all([gateway.close(), upstream.close(), issuer.close(), other.close()]));
  return {
    clock,
    issuer,
    other,
    upstream,
    gateway,
    call: (path: string, token: string) => ask(gateway.port, path, { headers: { Authorization: `Bearer ${token}` } }),
    ready: () => fetch(`http://127.0.0.1:${gateway.adminPort}/readyz`),
    async pass(ms: number, step: number) {
      for (let passed = 0; passed < ms; passed += step) {
        clock.advance(step);
        await fetchesEnd();
      }
    },
    async until(done: (state: KeySetState) => boolean) {
      while (!done(state())) {
        clock.advance(1000);
        await fetchesEnd();
      }
    },
    state,
  };
}

test('JWKS-06 JWKS-14 with an issuer down at the start its routes are 503, the others work, and it recovers by itself', async (t) => {
  const { issuer, other, upstream, gateway, call, ready, until } = await setUp(t, true);
  const reply = await call('/main', await issuer.mint());
  assert.equal(reply.status, 503);
  assert.equal(reply.json().code, 'keys_unavailable');
  assert.match(reply.headers.get('retry-after')!, /^[1-9]\d*$/);
  assert.equal(reply.headers.get('www-authenticate'), undefined, 'not the fault of the caller');
  assert.equal(upstream.received.length, 0);
  assert.equal((await call('/other', await other.mint())).status, 200);
  assert.equal((await ask(gateway.port, '/open')).status, 200);
  assert.equal((await call('/main', 'no.such.token')).status, 401, 'what no key could verify is refused as ever');
  const notReady = await ready();
  assert.equal(notReady.status, 503);
  assert.deepEqual(await notReady.json(), { ready: false, reasons: [`no keys from ${issuer.jwksUri}`] });

  issuer.comeUp();
  await until(({ keys }) => keys > 0);
  assert.equal((await call('/main', await issuer.mint())).status, 200);
  assert.equal((await ready()).status, 200);
});

test('JWKS-05 an issuer down after the first load: known kids are served for max_stale, then 503', async (t) => {
  const { clock, issuer, upstream, gateway, call, pass, until, state } = await setUp(t, false);
  assert.equal((await call('/main', await issuer.mint())).status, 200);
  issuer.goDown();
  await pass(59 * 60_000, 60_000);
  assert.equal(state().stale, true);
  assert.ok(state().failures > 0);
  assert.equal((await call('/main', await issuer.mint())).status, 200, 'an hour away: no request fails');
  assert.ok(gateway.events.some(({ event, level }) => event === 'key_set_stale' && level === 'warn'));
  const metrics = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
  assert.match(metrics, new RegExp(`gatehouse_key_set_stale\\{jwks_uri="${issuer.jwksUri}"\\} 1\n`));

  const { length } = upstream.received;
  clock.advance(2 * 60_000);
  const reply = await call('/main', await issuer.mint());
  assert.equal(reply.status, 503);
  assert.equal(reply.json().code, 'keys_unavailable');
  assert.equal(upstream.received.length, length);
  assert.ok(gateway.events.some(({ event }) => event === 'key_set_lost'));
  issuer.comeUp();
  await until(({ keys }) => keys > 0);
  assert.equal((await call('/main', await issuer.mint())).status, 200);
});

test('JWKS-14 an unknown kid while the issuer is down is 503, for nobody can say that there is no such key', async (t) => {
  const { clock, issuer, call } = await setUp(t, false);
  assert.equal((await call('/main', await issuer.mint())).status, 200);
  await issuer.rotate();
  issuer.goDown();
  const fresh = await issuer.mint();
  assert.equal((await call('/main', fresh)).json().code, 'keys_unavailable');
  issuer.comeUp();
  clock.advance(30_000);
  assert.equal((await call('/main', fresh)).status, 200, 'the failure was not taken for an answer');
});
