import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { oneRound } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url));
after(() => upstream.close());

test('a grace that is over before an idle connection could end still ends it', { timeout: 10_000 }, async () => {
  const caller = await connectRaw(gateway.port);
  caller.send(requestText('/'));
  assert.equal((await caller.reply()).status, 200);
  // Timers come right after this phase of the event loop: the one of the grace finds the goodbye begun, and not out.
  await oneRound();
  const closed = gateway.close(0);
  for (const late = performance.now() + 10; performance.now() < late;);
  await closed;
  assert.equal(await caller.ended(), '');
});
