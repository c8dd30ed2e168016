import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { until } from '../support/other-end.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
after(() => upstream.close());

const START_WITHIN_MS = 2000;
const HOUR = 3_600_000;

test('LC-11 killed under load, it serves again on the same port within two seconds', async (t) => {
  const first = await startGatewayProcess(openRoute(upstream.url));
  t.after(() => first.child.kill('SIGKILL'));
  let served = 0;
  async function call(): Promise<void> {
    const caller = await connectRaw(first.port);
    try {
      for (;;) {
        caller.send(requestText('/'));
        // eslint-disable-next-line no-await-in-loop -- one after another
        await caller.reply();
        served++;
      }
    } catch {
      caller.close();
    }
  }
  const calls = Promise.all(Array.from({ length: 8 }, call));
  await until(() => served > 100);
  await first.stop('SIGKILL');
  await calls;
  const from = performance.now();
  const again = await startGatewayProcess(openRoute(upstream.url), { port: first.port });
  t.after(() => again.child.kill('SIGKILL'));
  assert.equal((await ask(first.port, '/')).status, 200);
  const took = performance.now() - from;
  assert.ok(took < START_WITHIN_MS, `${took} ms`);
  await again.stop();
});

test('DOS-13 with nowhere to write access lines, requests go on and the lost lines are counted', async (t) => {
  const gateway = await startGatewayProcess(openRoute(upstream.url, 'log: { access: /dev/full }'));
  t.after(() => gateway.stop());
  for (let at = 0; at < 20; at++) {
    // eslint-disable-next-line no-await-in-loop -- one after another
    assert.equal((await ask(gateway.port, '/')).status, 200);
  }
  let dropped = 0;
  while (dropped < 20) {
    // eslint-disable-next-line no-await-in-loop -- lines are written a moment later
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
    dropped = Number(/^gatehouse_access_lines_dropped_total (\d+)$/m.exec(metrics)![1]);
  }
  assert.equal(dropped, 20);
});

for (const jump of [HOUR, -HOUR]) {
  test(`the clock is set by ${jump / HOUR} h: circuits, pools, limits and connections go by the other one`, async () => {
    const clock = createFakeClock();
    const gateway = await startGateway(
      `
upstreams: { app: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, kind: public, upstream: app, auth: none, rate_limit: { quota: 3/min, by: address } }]`,
      { clock },
    );
    const caller = await connectRaw(gateway.port);
    const status = async () => {
      caller.send(requestText('/'));
      return (await caller.reply()).status;
    };
    assert.deepEqual([await status(), await status()], [200, 200]);
    const connections = upstream.connections();
    clock.setWall(clock.wall() + jump);
    clock.advance(500);
    // The connections of both sides are kept, and the quota is neither given back nor used up.
    assert.deepEqual([await status(), await status()], [200, 429]);
    assert.equal(upstream.connections(), connections);
    clock.advance(70_000);
    assert.equal((await ask(gateway.port, '/')).status, 200);
    caller.close();
    await gateway.close();
  });
}
