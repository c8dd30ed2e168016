import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const AUDIENCE = 'orders-api';

async function setUp(t: TestContext, by: string) {
  const issuer = await startIssuer();
  const services = await Promise.all(Array.from({ length: 5 }, () => startUpstream()));
  const targets = services.map(({ url }) => `"${url}"`).join(', ');
  const gateway = await startGateway(`
trusted_proxies: [127.0.0.1]
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: ${AUDIENCE} } }
upstreams: { orders: { targets: [${targets}], balance: { consistent_hash: { by: ${by} } } } }
routes: [{ path: /*, kind: internal, upstream: orders, auth: { issuer: main } }]
`);
  t.after(() => Promise.all([gateway.close(), issuer.close(), ...services.map(({ close }) => close())]));
  return {
    issuer,
    services,
    /** Which service answered. */
    async call(token: string, fields: Readonly<Record<string, string>> = {}): Promise<number> {
      const before = services.map(({ received }) => received.length);
      const { status } = await ask(gateway.port, '/', { headers: { Authorization: `Bearer ${token}`, ...fields } });
      assert.equal(status, 200);
      return services.findIndex(({ received }, at) => received.length > before[at]!);
    },
  };
}

const CALLERS = Array.from({ length: 30 }, (_, at) => `caller-${at}`);

test('by a header: one target for each value, and all targets for all of them', async (t) => {
  const { issuer, services, call } = await setUp(t, 'header:X-Session');
  const token = await issuer.mint({ aud: AUDIENCE });
  const first = new Map<string, number>();
  for (const caller of CALLERS) first.set(caller, await call(token, { 'x-session': caller }));
  assert.equal(new Set(first.values()).size, 5);
  for (const caller of CALLERS) assert.equal(await call(token, { 'X-SESSION': caller }), first.get(caller));

  // One dies: its callers move, and no others.
  await services[2]!.close();
  for (const caller of CALLERS) {
    const now = await call(token, { 'x-session': caller });
    if (first.get(caller) === 2) assert.notEqual(now, 2);
    else assert.equal(now, first.get(caller));
  }
});

test('by a claim: one target for each tenant, whoever of them calls', async (t) => {
  const { issuer, call } = await setUp(t, 'claim:tenant_id');
  const seen = new Set<number>();
  for (const tenant of CALLERS.slice(0, 15)) {
    const [one, other] = [
      await call(await issuer.mint({ aud: AUDIENCE, sub: 'a', tenant_id: tenant })),
      await call(await issuer.mint({ aud: AUDIENCE, sub: 'b', tenant_id: tenant })),
    ];
    assert.equal(one, other);
    seen.add(one);
  }
  assert.ok(seen.size >= 3, String(seen.size));
});

test('by address: the caller’s own, behind a proxy that is believed; so goes who has no header', async (t) => {
  for (const by of ['address', 'header:X-Session']) {
    const { issuer, call } = await setUp(t, by);
    const token = await issuer.mint({ aud: AUDIENCE });
    const seen = new Set<number>();
    for (let at = 1; at <= 15; at++) {
      const from = { 'X-Forwarded-For': `192.0.2.${at}` };
      const target = await call(token, from);
      assert.equal(await call(token, from), target);
      seen.add(target);
    }
    assert.ok(seen.size >= 3, String(seen.size));
  }
});
