import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

test('LC-10 nothing of the admin port can be had from the port of callers, nor the other way round', async (t) => {
  const upstream = await startUpstream();
  const gateway = await startGateway(`
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes: [{ path: /orders, kind: operations, upstream: orders, auth: none }]
`);
  t.after(() => Promise.all([gateway.close(), upstream.close()]));
  for (const path of ['/metrics', '/healthz', '/readyz', '/reload', '/oauth2/clients']) {
    for (const method of ['GET', 'POST']) {
      assert.equal((await ask(gateway.port, path, { method })).json().code, 'no_route', `${method} ${path}`);
    }
  }
  assert.equal((await ask(gateway.adminPort, '/metrics')).status, 200);
  assert.equal((await ask(gateway.adminPort, '/orders')).status, 404);
  assert.equal(upstream.received.length, 0);
});
