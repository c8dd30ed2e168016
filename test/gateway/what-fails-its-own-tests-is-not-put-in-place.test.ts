import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
after(() => upstream.close());

const withRoute = (path: string): string => `
upstreams: { app: { targets: ["${upstream.url}"] } }
routes: [{ path: ${path}, kind: operations, upstream: app, auth: none }]
tests: [{ name: orders are served, request: { path: /orders }, expect: { status: 200 } }]
`;
const FAILURE = /:6:\d+: orders are served: expected status 200, came 404 no_route/;

test('a reload whose tests fail changes nothing, and says which', async (t) => {
  const gateway = await startGateway(withRoute('/orders'));
  t.after(() => gateway.close());
  const outcome = await gateway.reloadWith(withRoute('/order'));
  assert.ok(!outcome.ok);
  assert.equal((await ask(gateway.port, '/orders')).status, 200);
  assert.equal((await ask(gateway.port, '/order')).status, 404);
  const readyz = await fetch(`http://127.0.0.1:${gateway.adminPort}/readyz`);
  const { ready, reload } = (await readyz.json()) as { ready: boolean; reload: { ok: boolean; faults: string[] } };
  assert.deepEqual([ready, reload.ok], [true, false]);
  assert.match(reload.faults.join('\n'), FAILURE);
  // The tests alone may change: what is asked of it now, it does.
  assert.ok((await gateway.reloadWith(withRoute('/orders').replace('status: 200', 'route: /orders'))).ok);
  assert.ok((await gateway.reloadWith(withRoute('/orders/*'))).ok);
  assert.equal((await ask(gateway.port, '/orders/1')).status, 200);
});

test('a start whose tests fail is none', async () => {
  await assert.rejects(startGatewayProcess(withRoute('/order')), FAILURE);
});
