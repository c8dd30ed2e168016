import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { connectRaw, type RawConnection, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { until } from '../support/other-end.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startUpstream } from '../support/upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const slow = await startUpstream({
  behaviour: (socket) => socket.on('data', () => setTimeout(() => socket.write(OK), 15)),
});
const mute = await startUpstream({ behaviour: (socket) => socket.resume() });
after(() => Promise.all([slow.close(), mute.close()]));

const CALLERS = 12;

async function start(t: TestContext, yaml: string) {
  const gateway = await startGatewayProcess(yaml);
  t.after(() => gateway.child.kill('SIGKILL'));
  const isReady = async () => (await fetch(`http://127.0.0.1:${gateway.adminPort}/readyz`)).ok;
  return { ...gateway, isReady };
}

test('LC-01 SIGTERM under load: not ready at once, and every request there and on its way is answered', async (t) => {
  const gateway = await start(t, openRoute(slow.url, 'drain: { delay: 600ms, timeout: 10s }'));
  let sendsHere = true;
  let served = 0;
  let toldToLeave = 0;

  /** As a balancer does: keeps connections, opens new ones where told to, and stops once it has heard of it. */
  async function call(): Promise<void> {
    let caller: RawConnection | undefined;
    for (let turn = 0; sendsHere; turn++) {
      // eslint-disable-next-line no-await-in-loop -- one after another
      caller ??= await connectRaw(gateway.port);
      caller.send(requestText('/'));
      // eslint-disable-next-line no-await-in-loop -- one after another
      const reply = await caller.reply();
      assert.equal(reply.body, 'ok');
      served++;
      const closes = reply.headers.get('connection') === 'close';
      if (closes) toldToLeave++;
      if (closes || turn % 10 === 9) {
        caller.close();
        caller = undefined;
      }
    }
    caller?.close();
  }

  const calls = Promise.all(Array.from({ length: CALLERS }, call));
  await until(() => served > 50);
  const stopped = gateway.stop();
  await eventually(async () => ((await gateway.isReady()) ? undefined : true));
  const before = served;
  await until(() => served > before + CALLERS);
  sendsHere = false;
  await calls;
  assert.equal(await stopped, 0);
  assert.ok(toldToLeave >= CALLERS, `${toldToLeave}`);
  assert.match(gateway.stderr(), /"event":"drained".*"connections_cut":0/);
});

test('LC-02 a connection that was kept is told with its next answer, and is closed when it is silent', async () => {
  const clock = createFakeClock();
  const gateway = await startGateway(openRoute(slow.url, 'drain: { timeout: 10s }'), { clock });
  const [kept, silent] = [await connectRaw(gateway.port), await connectRaw(gateway.port)];
  for (const caller of [kept, silent]) {
    caller.send(requestText('/'));
    // eslint-disable-next-line no-await-in-loop -- one after another
    assert.equal((await caller.reply()).headers.has('connection'), false);
  }
  const closed = gateway.close(10_000);
  // What crosses the decision to stop is served.
  kept.send(requestText('/'));
  const last = await kept.reply();
  assert.deepEqual([last.status, last.headers.get('connection')], [200, 'close']);
  assert.equal(await kept.ended(), '');
  clock.advance(1100);
  assert.equal(await silent.ended(), '');
  await closed;
});

test('LC-03 a request that takes longer than the time there is is cut, counted and told of', async (t) => {
  const gateway = await start(t, openRoute(mute.url, 'drain: { timeout: 200ms }'));
  const caller = await connectRaw(gateway.port);
  caller.send(requestText('/'));
  await until(() => mute.open() > 0);
  assert.equal(await gateway.stop(), 0);
  await assert.rejects(caller.reply(), /the connection ended/);
  assert.match(gateway.stderr(), /"level":"warn","event":"drained".*"connections_cut":1/);
});

for (const [first, second] of [
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGTERM'],
] as const) {
  test(`LC-04 ${second} after ${first} ends it at once, with 0`, async (t) => {
    const gateway = await start(t, openRoute(mute.url, 'drain: { delay: 1m, timeout: 1h }'));
    const caller = await connectRaw(gateway.port);
    const before = mute.connections();
    caller.send(requestText('/'));
    await until(() => mute.connections() > before);
    const stopped = gateway.stop(first);
    await eventually(async () => (gateway.stderr().includes('"event":"draining"') ? true : undefined));
    gateway.child.kill(second);
    assert.equal(await stopped, 0);
    caller.close();
  });
}
