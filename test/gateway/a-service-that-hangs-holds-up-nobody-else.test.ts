import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

async function setUp(t: TestContext, concurrency: string) {
  const held: Socket[] = [];
  const hanging = await startUpstream({ behaviour: (socket) => void socket.on('data', () => held.push(socket)) });
  const well = await startUpstream();
  const clock = createFakeClock();
  const gateway = await startGateway(
    `
upstreams:
  hanging: { targets: ["${hanging.url}"], concurrency: ${concurrency}, retry: { attempts: 0 } }
  well: { targets: ["${well.url}"] }
routes:
  - { path: /, kind: operations, upstream: hanging, auth: none, rate_limit: none }
  - { path: /well, kind: operations, upstream: well, auth: none, rate_limit: none }
`,
    { clock },
  );
  t.after(() => Promise.all([gateway.close(), hanging.close(), well.close()]));
  const { bulkhead } = gateway.plan.upstreams.find(({ name }) => name === 'hanging')!;
  const call = async () => {
    const connection = await connectRaw(gateway.port);
    connection.send(requestText('/'));
    return connection;
  };
  return {
    clock,
    gateway,
    bulkhead,
    call,
    held,
    answer: () => held.shift()!.write('HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n'),
  };
}

test('RT-13 past its limit a few wait, the rest hears overloaded at once, and other services do not feel it', async (t) => {
  const { gateway, bulkhead, call, held } = await setUp(t, '{ max: 3, queue: 2 }');
  for (let n = 0; n < 5; n++) await call();
  await until(() => bulkhead.queued === 2);
  assert.equal(bulkhead.inside, 3);
  const refused = await ask(gateway.port, '/');
  assert.equal(refused.status, 503);
  assert.equal(refused.json().code, 'overloaded');
  assert.equal(refused.headers.get('retry-after'), '1');
  await until(() => held.length === 3);
  assert.equal((await ask(gateway.port, '/well')).status, 200);
});

test('who waits is served in turn when a place comes free', async (t) => {
  const { bulkhead, call, held, answer } = await setUp(t, '{ max: 1, queue: 2 }');
  const first = await call();
  await until(() => held.length === 1);
  const second = await call();
  await until(() => bulkhead.queued === 1);
  answer();
  assert.equal((await first.reply()).status, 200);
  await until(() => held.length === 1);
  answer();
  assert.equal((await second.reply()).status, 200);
  await until(() => bulkhead.inside === 0);
});

test('who has waited too long is refused, and who left makes room', async (t) => {
  const { clock, bulkhead, call, held } = await setUp(t, '{ max: 1, queue: 1, queue_timeout: 500ms }');
  await call();
  await until(() => held.length === 1);
  const leaves = await call();
  await until(() => bulkhead.queued === 1);
  leaves.close();
  await until(() => bulkhead.queued === 0);
  const waits = await call();
  await until(() => bulkhead.queued === 1);
  clock.advance(500);
  assert.equal((await waits.reply()).json().code, 'overloaded');
  assert.equal(bulkhead.queued, 0);
  assert.equal(bulkhead.inside, 1);
});

test('every end of a request gives its place back', async (t) => {
  const { clock, bulkhead, call, held, gateway } = await setUp(t, '{ max: 4, queue: 0 }');
  const left = await call();
  const cut = await call();
  const late = await call();
  await until(() => held.length === 3);
  held[1]!.destroy();
  await cut.reply();
  left.close();
  await until(() => bulkhead.inside === 1);
  clock.advance(15_000);
  assert.equal((await late.reply()).json().code, 'upstream_timeout');
  assert.equal(bulkhead.inside, 0);
  assert.equal((await ask(gateway.port, '/well')).status, 200);
});
