import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
after(() => upstream.close());

const RELOADS = 100;
const CALLERS = 8;
/** What 100 plans of this size would come to is over ten times this. */
const MOST_GROWTH = 4 * 1024 * 1024;

/** Every reading has routes, an upstream and a limit of its own, beside those that stay. */
const numbered = (number: number) => `
upstreams:
  app: { targets: ["${upstream.url}"], circuit_breaker: {} }
  app-${number}: { targets: ["${upstream.url}"], circuit_breaker: {} }
rate_limits:
  own: { quota: ${1_000_000 + number}/min, by: address }
  own-${number}: { quota: 1000000/min, by: address }
routes:
  - { path: /own/${number}, kind: public, upstream: app-${number}, auth: none, rate_limit: own-${number} }
  - { path: /both, rewrite: /from/${number}, kind: public, upstream: app, auth: none, rate_limit: own }
${Array.from({ length: 50 }, (_, at) => `  - { path: /more/${number}/${at}/*, kind: operations, upstream: app, auth: none }\n`).join('')}`;

function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('LC-05 100 reloads in a row under load: no request fails, each sees one configuration, and nothing of the old ones stays', async () => {
  const gateway = await startGateway(numbered(0));
  let done = false;
  let served = 0;
  let latest = 0;

  async function call(): Promise<void> {
    let caller = await connectRaw(gateway.port);
    for (let turn = 0; !done; turn++) {
      const before = latest;
      caller.send(requestText('/both'));
      // eslint-disable-next-line no-await-in-loop -- one after another, on a connection that is kept
      const reply = await caller.reply();
      assert.equal(reply.status, 200);
      // The quota said and the path sent are of one reading, and of none before the last that was answered.
      const number = Number(/^\/from\/(\d+)$/.exec(reply.json<{ target: string }>().target)?.[1]);
      const quota = Number(/;q=(\d+);/.exec(reply.headers.get('ratelimit-policy') ?? '')?.[1]);
      assert.equal(quota, 1_000_000 + number);
      assert.ok(number >= before, `${number} after ${before}`);
      served++;
      if (turn % 20 !== 19) continue;
      caller.close();
      // eslint-disable-next-line no-await-in-loop -- new connections meet a reload as well
      caller = await connectRaw(gateway.port);
    }
    caller.close();
  }

  const calls = Promise.all(Array.from({ length: CALLERS }, call));
  async function reloadUpTo(count: number): Promise<void> {
    for (let number = latest + 1; number <= count; number++) {
      // eslint-disable-next-line no-await-in-loop -- in a row
      assert.equal((await gateway.reloadWith(numbered(number))).ok, true);
      latest = number;
      const wanted = served + CALLERS;
      // eslint-disable-next-line no-await-in-loop -- each meets requests
      await until(() => served >= wanted);
    }
  }
  // The first ones warm everything up.
  await reloadUpTo(10);
  upstream.received.length = 0;
  const [parts, series, heap] = [gateway.openParts(), seriesOf(gateway.plan.metrics.render()), heapInUse()];
  await reloadUpTo(10 + RELOADS);
  upstream.received.length = 0;
  assert.equal(gateway.openParts(), parts);
  assert.equal(seriesOf(gateway.plan.metrics.render()), series);
  const growth = heapInUse() - heap;
  assert.ok(growth < MOST_GROWTH, `${growth} bytes more`);
  done = true;
  await calls;
  assert.deepEqual(
    gateway.events.filter(({ level }) => level === 'error'),
    [],
  );
  await gateway.close();
  assert.equal(gateway.openParts(), 0);
});

function seriesOf(metrics: string): number {
  return metrics.split('\n').length;
}
