import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

const clock = createFakeClock();
const upstream = await startUpstream();
const gateway = await startGateway(
  `
upstreams:
  service:
    targets: ["${upstream.url}"]
    circuit_breaker: { failure_rate: 50%, minimum_requests: 1, window: 10s, open_for: 1s, probes: 1 }
routes:
  - { path: /*, kind: operations, upstream: service, auth: none, rate_limit: none }
`,
  { clock },
);
after(() => Promise.all([gateway.close(), upstream.close()]));

test('a bug while the head is written does not cost the circuit its only probe', { timeout: 10_000 }, async () => {
  const breaker = gateway.plan.upstreams[0]!.targets[0]!.breaker!;
  breaker.failure(breaker.acquire()!);
  assert.equal(breaker.state(), 'open');
  clock.advance(1100);

  const route = gateway.plan.routeList[0]!;
  const { writeHead } = route;
  Object.assign(route, {
    writeHead() {
      throw new Error('a bug of this test');
    },
  });
  assert.equal((await ask(gateway.port, '/')).status, 500);
  Object.assign(route, { writeHead });

  assert.equal((await ask(gateway.port, '/')).status, 200, 'it is the probe that the first could not be');
  assert.equal(breaker.state(), 'closed');
});
