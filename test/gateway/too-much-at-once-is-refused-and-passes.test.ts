import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw, requestText, type RawConnection } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { cutFor } from '../support/cut-connections.ts';
import { startGateway } from '../support/gateway.ts';
import { startGatewayProcess } from '../support/process.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
after(() => upstream.close());
const routes = (more = '') => `
upstreams: { service: { targets: ["${upstream.url}"] } }
routes:
  - { path: /health, kind: operations, upstream: service, auth: none, rate_limit: none }
  - { path: /*, kind: internal, upstream: service, auth: none, rate_limit: none }
${more}`;

test('DOS-03 one address has no more connections than its limit; a trusted proxy has', async (t) => {
  const clock = createFakeClock();
  const limits = 'limits: { connections: 20, connections_per_address: 3 }';
  const gateway = await startGateway(routes(limits), { clock });
  const behindProxy = await startGateway(routes(`${limits}\ntrusted_proxies: [127.0.0.0/8]`));
  t.after(() => Promise.all([gateway.close(), behindProxy.close()]));
  const open = await Promise.all([1, 2, 3].map(() => connectRaw(gateway.port)));
  for (const connection of open) await served(connection);
  for (let at = 0; at < 10; at++) assert.equal(await isServed(gateway.port), false);
  await served(open[0]!);
  open[0]!.close();
  for (let again = false; !again;) again = await isServed(gateway.port);
  for (const connection of await Promise.all([1, 2, 3, 4, 5, 6].map(() => connectRaw(behindProxy.port)))) {
    await served(connection);
  }
  const refused = await cutFor(gateway.adminPort, 'over_address_limit');
  assert.ok(refused >= 10, String(refused));
  const told = gateway.events.filter(({ event }) => event === 'connections_refused');
  assert.deepEqual(
    told.map(({ fields }) => fields),
    [{ reason: 'over_address_limit', count: 1 }],
  );
});

test('DOS-10 short of memory, requests are told to come again, the health of the service can be asked for, and it passes', async (t) => {
  const gateway = await startGateway(routes(), { clock: createFakeClock() });
  t.after(() => gateway.close());
  const { pressure } = gateway.plan;
  const kept = await connectRaw(gateway.port);
  await served(kept);
  Object.assign(pressure, { level: 3 });
  const reply = await ask(gateway.port, '/work');
  assert.deepEqual([reply.status, reply.json().code, reply.headers.get('retry-after')], [503, 'overloaded', '1']);
  assert.equal((await ask(gateway.port, '/health')).status, 200);
  Object.assign(pressure, { isFull: true });
  assert.equal(await isServed(gateway.port), false);
  kept.send(requestText('/health'));
  assert.equal((await kept.reply()).status, 200);
  Object.assign(pressure, { level: 0, isFull: false });
  assert.equal((await ask(gateway.port, '/work')).status, 200);
  kept.close();
});

test('DOS-12 without file descriptors the process lives, and serves again when there are some', async (t) => {
  const gateway = await startGatewayProcess(routes(), { descriptors: 128 });
  t.after(() => gateway.stop());
  assert.equal((await ask(gateway.port, '/')).status, 200);
  const first = await connectRaw(gateway.port);
  await served(first);
  const many = await Promise.all(Array.from({ length: 300 }, () => connectRaw(gateway.port)));
  // It has its connection to the service already; what it lacks is room for more callers.
  await served(first);
  for (const connection of many) connection.close();
  for (let again = false; !again;) again = await isServed(gateway.port);
  assert.equal(gateway.child.exitCode, null);
  first.close();
});

async function served(connection: RawConnection): Promise<void> {
  connection.send(requestText('/'));
  assert.equal((await connection.reply()).status, 200);
}

/** Whether a new connection is; it may be reset before a word is said. */
async function isServed(port: number): Promise<boolean> {
  try {
    return (await ask(port, '/')).status === 200;
  } catch {
    return false;
  }
}
