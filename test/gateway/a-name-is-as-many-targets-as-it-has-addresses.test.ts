import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import * as tls from 'node:tls';
import { createResolver } from '../../src/wire/resolve.ts';
import { createCertificate } from '../support/certificate.ts';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startNameServer } from '../support/dns.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { oneRound, until } from '../support/other-end.ts';
import { startUpstream, type UpstreamOptions } from '../support/upstream.ts';

/** Services on 127.0.0.1, 127.0.0.2 and so on, all on one port. */
async function startServices(t: TestContext, ...options: UpstreamOptions[]) {
  const [first, ...others] = options;
  const services = [await startUpstream(first)];
  const { port } = services[0]!;
  for (const [at, other] of others.entries())
    services.push(await startUpstream({ ...other, port, host: `127.0.0.${at + 2}` }));
  t.after(() => Promise.all(services.map(({ close }) => close())));
  return { port, services, counts: () => services.map(({ received }) => received.length) };
}

/** A gateway before `orders.test`, whose addresses a test decides. */
async function startBeforeName(t: TestContext, port: number, more = '') {
  const clock = createFakeClock();
  let known: readonly string[] = [];
  let queries = 0;
  const gateway = await startGateway(openRoute(`http://orders.test:${port}`).replace('] }', `]${more} }`), {
    clock,
    async resolve() {
      queries++;
      if (known.length === 0) throw Object.assign(new Error('gone'), { code: 'ESERVFAIL' });
      return { addresses: known, ttlMs: 5_000 };
    },
  });
  t.after(() => gateway.close());
  const upstream = gateway.plan.upstreams[0]!;
  return {
    clock,
    gateway,
    upstream,
    queries: () => queries,
    call: async () => (await ask(gateway.port, '/')).status,
    async answer(...addresses: string[]) {
      known = addresses;
      const before = queries;
      clock.advance(5_000);
      await until(() => queries > before);
      await oneRound();
    },
    stateOf: (address: string) => upstream.targets.find(({ name }) => name.endsWith(`/${address}`))?.breaker?.state(),
  };
}

test('requests go to each of the addresses that a name server gives, and follow it when they change', async (t) => {
  const nameServer = await startNameServer();
  t.after(nameServer.close);
  nameServer.answer(['127.0.0.1', '127.0.0.2'], 60);
  const { port, counts } = await startServices(t, {}, {});
  const clock = createFakeClock();
  const gateway = await startGateway(openRoute(`http://orders.test:${port}`), {
    clock,
    resolve: createResolver([nameServer.address]),
  });
  t.after(() => gateway.close());
  const upstream = gateway.plan.upstreams[0]!;
  // Whoever comes before the first answer waits for it.
  assert.equal((await ask(gateway.port, '/')).status, 200);
  await until(() => upstream.targets.length === 2);
  for (let n = 0; n < 10; n++) assert.equal((await ask(gateway.port, '/')).status, 200);
  assert.ok(
    counts().every((count) => count >= 5),
    counts().join(),
  );

  nameServer.answer(['127.0.0.2'], 60);
  const asked = nameServer.asked();
  assert.equal(asked, 1, 'once for all requests');
  clock.advance(60_000);
  await until(() => upstream.targets.length === 1);
  const [before] = counts();
  for (let n = 0; n < 4; n++) assert.equal((await ask(gateway.port, '/')).status, 200);
  assert.equal(counts()[0], before);
  const metrics = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
  assert.match(metrics, /gatehouse_upstream_targets\{upstream="service"\} 1\n/);
});

test('over TLS the name is asked for and verified, whatever the address, by requests and by checks', async (t) => {
  const authority = { name: 'Test authority', ...createCertificate({ name: 'Test authority', isAuthority: true }) };
  tls.setDefaultCACertificates([authority.cert]);
  const serverNames: unknown[] = [];
  const server = tls.createServer(createCertificate({ name: 'orders.test', issuer: authority }), (socket) => {
    serverNames.push(socket.servername);
    socket.on('error', () => {});
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const clock = createFakeClock();
  const { port } = server.address() as AddressInfo;
  const more = ', health_check: { path: /health }';
  for (const [name, status] of [
    ['orders.test', 200],
    ['payments.test', 502],
  ] as const) {
    serverNames.length = 0;
    const gateway = await startGateway(openRoute(`https://${name}:${port}`).replace('] }', `]${more} }`), {
      clock,
      resolve: async () => ({ addresses: ['127.0.0.1'], ttlMs: undefined }),
    });
    t.after(() => gateway.close());
    const upstream = gateway.plan.upstreams[0]!;
    await until(() => upstream.targets[0]!.name.endsWith('/127.0.0.1'));
    assert.equal((await ask(gateway.port, '/')).status, status);
    clock.advance(100);
    const { health } = upstream.targets[0]!;
    await until(() => health!.checks('passed') + health!.checks('failed') > 0);
    assert.equal(health!.checks('passed'), status === 200 ? 1 : 0);
    assert.ok(serverNames.every((asked) => asked === name));
  }
});

test('RT-11 a name that cannot be had any more keeps its last addresses, and no request asks for it', async (t) => {
  const { port } = await startServices(t, {});
  const { gateway, queries, call, answer } = await startBeforeName(t, port);
  await answer('127.0.0.1');
  await answer();
  await answer();
  const before = queries();
  for (let n = 0; n < 10; n++) assert.equal(await call(), 200);
  assert.equal(queries(), before);
  const told = gateway.events.filter(({ event }) => event === 'name_unresolved').map(({ fields }) => fields.keeping);
  assert.deepEqual(told, [0, 1]);
});

test('a name that never had an address is a target that is down', async (t) => {
  const { gateway, clock, call } = await startBeforeName(t, 1);
  const statuses: number[] = [];
  const waiting = Promise.all(Array.from({ length: 5 }, async () => statuses.push(await call())));
  while (statuses.length < 5) {
    clock.advance(100);
    await oneRound();
  }
  await waiting;
  assert.ok(
    statuses.every((status) => status >= 502),
    statuses.join(),
  );
  assert.equal((await ask(gateway.port, '/')).json().code, 'circuit_open');
});

test('CB-09 an address that leaves and comes back has the circuit it had', async (t) => {
  const { port } = await startServices(t, {}, { behaviour: (socket) => void socket.destroy() });
  const more = ', retry: { attempts: 0 }, circuit_breaker: { open_for: 1m }';
  const { upstream, call, answer, stateOf } = await startBeforeName(t, port, more);
  await answer('127.0.0.1', '127.0.0.2');
  for (let n = 0; n < 10; n++) await call();
  assert.equal(stateOf('127.0.0.2'), 'open');
  const target = upstream.targets[1];
  await answer('127.0.0.1');
  assert.equal(stateOf('127.0.0.2'), undefined);
  await answer('127.0.0.2', '127.0.0.1');
  assert.equal(stateOf('127.0.0.2'), 'open');
  assert.equal(stateOf('127.0.0.1'), 'closed');
  assert.ok(upstream.targets.includes(target!), 'with the connections it had');
  for (let n = 0; n < 10; n++) assert.equal(await call(), 200);
});

test('CB-09 an address that does not come back is forgotten, with its metrics', async (t) => {
  const { port } = await startServices(t, {}, {});
  const { gateway, clock, answer } = await startBeforeName(t, port);
  const metrics = () => fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
  await answer('127.0.0.1', '127.0.0.2');
  await answer('127.0.0.1');
  assert.match(await metrics(), /127\.0\.0\.2/);
  clock.advance(600_000);
  assert.doesNotMatch(await metrics(), /127\.0\.0\.2/);
});

test('RT-11 addresses that change with every answer are not remembered without end', async (t) => {
  const { gateway, answer } = await startBeforeName(t, 1);
  for (let round = 0; round < 12; round++)
    await answer(...Array.from({ length: 64 }, (_, at) => `127.1.${round}.${at}`));
  const metrics = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
  const targets = metrics.match(/^gatehouse_circuit_open\{/gm)?.length;
  assert.equal(targets, 64 + 256);
});
