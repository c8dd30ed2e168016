import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { routeFaults } from '../support/configuration.ts';
import { startGateway } from '../support/gateway.ts';
import { oneRound } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
after(() => upstream.close());

const limited = 'upstream: app, auth: none, rate_limit: { quota: 1000/s, by: address }';
const YAML = `
upstreams: { app: { targets: ["${upstream.url}"] } }
routes:
  - { path: /report, kind: public, priority: low, ${limited} }
  - { path: /orders, kind: public, ${limited} }
  - { path: /login, kind: authentication, ${limited} }
  - { path: /health, kind: operations, upstream: app, auth: none }
waive:
  - { rule: login-without-limit, reason: what is refused here is not the limit, until: 2099-12-31 }
`;

test('with more to do than can be done, routes are refused in the order of their priority, and operations never', async (t) => {
  const gateway = await startGateway(YAML, { clock: createFakeClock() });
  t.after(() => gateway.close());
  const statuses = async (level: number) => {
    Object.assign(gateway.plan.pressure, { level });
    const replies = ['/report', '/orders', '/login', '/health'].map((path) => ask(gateway.port, path));
    return (await Promise.all(replies)).map(({ status }) => status);
  };
  assert.deepEqual(await statuses(0), [200, 200, 200, 200]);
  assert.deepEqual(await statuses(1), [503, 200, 200, 200]);
  assert.deepEqual(await statuses(2), [503, 503, 200, 200]);
  assert.deepEqual(await statuses(3), [503, 503, 503, 200]);
  assert.equal((await fetch(`http://127.0.0.1:${gateway.adminPort}/healthz`)).status, 200);
  assert.match(gateway.plan.metrics.render(), /^gatehouse_requests_shed_total\{priority="low"\} 3$/m);
});

test('of a share, so many are refused, evenly', async (t) => {
  const gateway = await startGateway(YAML, { clock: createFakeClock() });
  t.after(() => gateway.close());
  Object.assign(gateway.plan.pressure, { level: 1.25 });
  const statuses: number[] = [];
  // eslint-disable-next-line no-await-in-loop -- in order
  for (let at = 0; at < 8; at++) statuses.push((await ask(gateway.port, '/orders')).status);
  assert.deepEqual(statuses, [200, 200, 200, 503, 200, 200, 200, 503]);
});

test('who was refused is not heard for the second it was told to wait', async (t) => {
  const clock = createFakeClock();
  const gateway = await startGateway(YAML, { clock });
  t.after(() => gateway.close());
  Object.assign(gateway.plan.pressure, { level: 2 });
  const caller = await connectRaw(gateway.port);
  // The second in the same packet: it waits no less.
  caller.send(requestText('/orders') + requestText('/health'));
  const refused = await caller.reply();
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  clock.advance(800);
  for (let round = 0; round < 5; round++) {
    // eslint-disable-next-line no-await-in-loop -- one after another
    await oneRound();
  }
  assert.equal((await gateway.accessLines(1)).length, 1);
  clock.advance(300);
  assert.equal((await caller.reply()).status, 200);
  caller.close();
});

test('a priority is written where it can mean something', () => {
  assert.deepEqual(routeFaults('path: /a, kind: operations, auth: none, priority: low'), [
    'a route of operations is never refused, so it has no `priority`; leave it out',
  ]);
  assert.match(routeFaults('path: /a, kind: internal, auth: none, priority: urgent')[0]!, /low.*normal.*high/);
});
