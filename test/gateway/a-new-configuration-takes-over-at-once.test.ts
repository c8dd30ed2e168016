import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';
import { openWebSocket, startEchoService } from '../support/websocket.ts';

const upstream = await startUpstream();
const echo = await startEchoService();
after(() => Promise.all([upstream.close(), echo.close()]));

interface Shape {
  readonly quota?: string;
  readonly more?: string;
  readonly routes?: string;
}

const shaped = ({ quota = '3/min', more = '', routes = '' }: Shape = {}) => `
${more}
upstreams: { app: { targets: ["${upstream.url}"], circuit_breaker: {} } }
rate_limits: { calls: { quota: ${quota}, by: address } }
routes:
  - { path: /counted, kind: public, upstream: app, auth: none, rate_limit: calls }
  - { path: /open/*, kind: operations, upstream: app, auth: none }
${routes}`;

test('LC-05 a connection that was kept sees the new configuration with its next request, and all of it', async (t) => {
  const gateway = await startGateway(shaped());
  t.after(() => gateway.close());
  const kept = await connectRaw(gateway.port);
  const asked = async (path: string, headers = {}) => {
    kept.send(requestText(path, { headers }));
    return await kept.reply();
  };
  assert.equal((await asked('/added')).status, 404);
  const added = '  - { path: /added, kind: operations, upstream: app, auth: none }\n';
  assert.deepEqual(await gateway.reloadWith(shaped({ routes: added, more: 'trusted_proxies: [127.0.0.0/8]' })), {
    ok: true,
    changed: ['changed trusted_proxies', 'added routes./added'],
  });
  assert.equal((await asked('/added', { 'X-Forwarded-For': '192.0.2.7' })).status, 200);
  // Who is believed is the connection's, and was worked out when it opened.
  assert.equal((await gateway.accessLines(2))[1]!.address, '192.0.2.7');
  await gateway.reloadWith(shaped());
  assert.equal((await asked('/added', { 'X-Forwarded-For': '192.0.2.7' })).status, 404);
  assert.equal((await gateway.accessLines(3))[2]!.address, '127.0.0.1');
  kept.close();
});

test('RL-18 what is used of a quota stays used, under a larger one too', async (t) => {
  const gateway = await startGateway(shaped());
  t.after(() => gateway.close());
  const status = async () => (await ask(gateway.port, '/counted')).status;
  assert.deepEqual([await status(), await status(), await status(), await status()], [200, 200, 200, 429]);
  await gateway.reloadWith(shaped({ more: '# the same, said elsewhere\n\n' }));
  assert.equal(await status(), 429);
  // RL-07: the new limit at once, and no reset of usage.
  await gateway.reloadWith(shaped({ quota: '5/min' }));
  assert.deepEqual([await status(), await status(), await status()], [200, 200, 429]);
  await gateway.reloadWith(shaped({ quota: '2/min' }));
  assert.equal(await status(), 429);
  const metrics = gateway.plan.metrics.render();
  assert.match(metrics, /^gatehouse_limit_decisions_total\{limit="calls",decision="refused"\} 4$/m);
});

test('LC-07 a request under way on a route that is gone ends under the configuration it began with', async (t) => {
  const slow = '  - { path: /slow, kind: operations, upstream: slow, auth: none }\n';
  const { promise: asked, resolve: toldHow } = Promise.withResolvers<(text: string) => void>();
  const held = await startUpstream({
    behaviour: (socket) => socket.once('data', () => toldHow((text) => void socket.write(text))),
  });
  t.after(() => held.close());
  const withSlow = (text: string) => text.replace('upstreams: {', `upstreams: { slow: { targets: ["${held.url}"] },`);
  const gateway = await startGateway(withSlow(shaped({ routes: slow })));
  t.after(() => gateway.close());
  const before = gateway.openParts();
  const caller = await connectRaw(gateway.port);
  caller.send(requestText('/slow'));
  const reply = await asked;
  await gateway.reloadWith(shaped());
  assert.equal((await ask(gateway.port, '/slow')).status, 404);
  assert.equal(gateway.openParts(), before);
  reply('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate');
  assert.equal((await caller.reply()).body, 'late');
  // Its service, with the connections to it, goes with the last exchange.
  await until(() => gateway.openParts() === before - 1);
  await until(() => held.open() === 0);
  assert.doesNotMatch(gateway.plan.metrics.render(), /"slow"/);
  caller.close();
});

test('LC-07 a WebSocket goes on across a reload that takes its route away', async (t) => {
  const route =
    '  - { path: /ws, kind: internal, upstream: echo, auth: none, rate_limit: none, upgrade: [websocket] }\n';
  const withEcho = (text: string) => text.replace('upstreams: {', `upstreams: { echo: { targets: ["${echo.url}"] },`);
  const gateway = await startGateway(withEcho(shaped({ routes: route })));
  t.after(() => gateway.close());
  const client = await openWebSocket(gateway.port, '/ws');
  const before = gateway.openParts();
  await gateway.reloadWith(shaped());
  client.socket.send('still there');
  assert.equal(await client.message(), 'still there');
  assert.equal(gateway.openParts(), before);
  client.socket.close();
  await until(() => gateway.openParts() < before);
});
