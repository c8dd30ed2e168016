import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { askAll } from '../support/pipeline.ts';
import { startUpstream } from '../support/upstream.ts';

test('CB-01 CB-05 the tenth target serves everybody while nine are dead, and all ten do when they are back', async (t) => {
  const clock = createFakeClock();
  const services = await Promise.all(Array.from({ length: 10 }, () => startUpstream()));
  const targets = services.map(({ url }) => `"${url}"`).join(', ');
  const gateway = await startGateway(
    `
upstreams: { orders: { targets: [${targets}] } }
routes: [{ path: /*, kind: operations, upstream: orders, auth: none, rate_limit: none }]
`,
    { clock },
  );
  t.after(() => Promise.all([gateway.close(), ...services.map(({ close }) => close())]));
  const upstream = gateway.plan.upstreams[0]!;
  const states = () => upstream.targets.map(({ breaker }) => breaker!.state());
  async function failures(n: number): Promise<number> {
    const requests = Array.from({ length: n }, () => requestText('/'));
    return (await askAll(gateway.port, requests, 1)).filter(({ status }) => status !== 200).length;
  }

  assert.equal(await failures(100), 0);
  const ports = services.map(({ port }) => port);
  await Promise.all(services.slice(1).map(({ close }) => close()));

  // Five failures open a circuit, and the retries hide some of the nine times five.
  const seen = await failures(100);
  assert.ok(seen > 0 && seen <= 45, `${seen} callers felt it`);
  assert.deepEqual(
    states().slice(1),
    Array.from({ length: 9 }, () => 'open'),
  );
  assert.equal(upstream.available(), 1);
  const before = services[0]!.received.length;
  assert.equal(await failures(200), 0);
  assert.equal(services[0]!.received.length - before, 200);

  for (const [at, port] of ports.entries()) if (at > 0) services[at] = await startUpstream({ port });
  clock.advance(10_000);
  assert.equal(await failures(200), 0, 'the probes succeed');
  assert.deepEqual(new Set(states()), new Set(['closed']));
  assert.equal(upstream.available(), 10);
  clock.advance(10_000);
  const counts = services.map(({ received }) => received.length);
  assert.equal(await failures(100), 0);
  for (const [at, { received }] of services.entries()) {
    const share = received.length - counts[at]!;
    assert.ok(share >= 9 && share <= 11, `${share} of 100 for one of ten`);
  }
  const changes = gateway.events.filter(({ event }) => event === 'circuit_changed').map(({ fields }) => fields.reason);
  assert.equal(changes.filter((reason) => reason === 'consecutive_failures').length, 9);
  assert.equal(changes.filter((reason) => reason === 'probes_succeeded').length, 9);
});
