import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startBadNetwork } from '../support/bad-network.ts';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

async function setUp(t: TestContext, settings = '') {
  const service = await startUpstream();
  const network = await startBadNetwork(service.port);
  const clock = createFakeClock();
  const gateway = await startGateway(
    `
upstreams: { orders: { targets: ["${network.url}"], ${settings} } }
routes: [{ path: /*, kind: operations, upstream: orders, auth: none, rate_limit: none }]
`,
    { clock },
  );
  t.after(() => Promise.all([gateway.close(), network.close(), service.close()]));
  return { clock, gateway, network, service };
}

test('RT-12 a network that takes 200 ms each way takes 400 ms and breaks nothing', async (t) => {
  const { gateway, network, service } = await setUp(t);
  network.delayMs = 200;
  const calls = Array.from({ length: 20 }, (_, at) =>
    ask(gateway.port, `/${at}`, { method: 'POST', body: `body ${at}` }),
  );
  for (const [at, { status, json }] of (await Promise.all(calls)).entries()) {
    assert.equal(status, 200);
    assert.equal(json<{ body: string }>().body, `body ${at}`);
  }
  assert.equal(service.received.length, 20);
});

test('RT-12 what is cut in the middle is never taken for whole, and the next request is served', async (t) => {
  const { gateway, network } = await setUp(t, 'retry: { attempts: 0 }');
  const whole = (await ask(gateway.port, '/')).body.length;
  for (const bytes of [1, 20, 100]) {
    network.cutAfter = bytes;
    const connection = await connectRaw(gateway.port);
    connection.send(requestText('/'));
    const reply = await connection.reply().catch(() => undefined);
    assert.ok(reply === undefined || reply.status === 502 || reply.body.length < whole);
    connection.close();
    network.cutAfter = Number.POSITIVE_INFINITY;
    assert.equal((await ask(gateway.port, '/')).status, 200);
  }
});

test('RT-12 a cable that was pulled costs one time limit, then the circuit is open and nobody waits', async (t) => {
  const { clock, gateway, network } = await setUp(
    t,
    'retry: { attempts: 0 }, circuit_breaker: { consecutive_failures: 3, open_for: 10s }',
  );
  assert.equal((await ask(gateway.port, '/')).status, 200);
  network.silent = true;
  const { bulkhead } = gateway.plan.upstreams[0]!;
  const waiting = Array.from({ length: 3 }, () => ask(gateway.port, '/'));
  await until(() => bulkhead.inside === 3);
  clock.advance(15_000);
  for (const { status } of await Promise.all(waiting)) assert.equal(status, 504);
  assert.equal((await ask(gateway.port, '/')).json().code, 'circuit_open');
  network.silent = false;
  clock.advance(15_000);
  assert.equal((await ask(gateway.port, '/')).status, 200);
});
