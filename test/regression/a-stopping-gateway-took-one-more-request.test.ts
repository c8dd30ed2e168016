import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { otherEnd, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const GRACE_MS = 30_000;
const upstream = await startUpstream();
after(() => upstream.close());

test('a request that crosses the goodbye of a stopping gateway is not carried out', { timeout: 10_000 }, async () => {
  const clock = createFakeClock();
  const gateway = await startGateway(openRoute(upstream.url), { clock });
  const caller = await connectRaw(gateway.port);
  caller.send(requestText('/first'));
  assert.equal((await caller.reply()).status, 200);
  const closed = gateway.close(GRACE_MS);
  // In one go: the gateway ends the silent connection before it can have read the request.
  caller.send(requestText('/second', { method: 'POST', body: '' }));
  clock.advance(1100);
  assert.equal(await caller.ended(), '');
  await closed;
  assert.deepEqual(
    upstream.received.map(({ target }) => target),
    ['/first'],
  );
});

test('an idle caller that keeps its end open does not hold a stopping gateway up', { timeout: 10_000 }, async () => {
  const clock = createFakeClock();
  const gateway = await startGateway(openRoute(upstream.url), { clock });
  const caller = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
  after(() => caller.destroy());
  const ended = new Promise((resolve) => caller.once('end', resolve));
  caller.on('error', () => {}).resume();
  await new Promise((resolve) => caller.once('connect', resolve));
  const atGateway = await otherEnd(caller);
  const closed = gateway.close(GRACE_MS);
  clock.advance(1100);
  await ended;
  await until(() => atGateway.writableFinished);
  clock.advance(2100);
  await closed;
});
