import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import * as tls from 'node:tls';
import { createCertificate } from '../support/certificate.ts';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { oneRound, until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

/** A service that is asked for its health, and says what a test wants; 0: nothing. */
async function startService(t: TestContext) {
  let health = 200;
  let requests = 0;
  const checks: string[] = [];
  const checkSockets = new Set<unknown>();
  const upstream = await startUpstream({
    behaviour(socket) {
      socket.on('data', (bytes) => {
        const text = bytes.toString('latin1');
        const isCheck = text.startsWith('GET /health ');
        if (isCheck) {
          checks.push(text);
          checkSockets.add(socket);
        } else requests++;
        assert.ok(isCheck || !checkSockets.has(socket), 'a request on the connection of a check');
        const status = isCheck ? health : 200;
        if (status !== 0) socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
      });
    },
  });
  t.after(() => upstream.close());
  return {
    url: upstream.url,
    port: upstream.port,
    checks,
    requests: () => requests,
    says: (status: number) => void (health = status),
  };
}

const CHECK = 'health_check: { path: /health, interval: 10s, timeout: 2s, healthy: 2, unhealthy: 3 }';

async function setUp(t: TestContext, count: number, more = '') {
  const clock = createFakeClock();
  const services = await Promise.all(Array.from({ length: count }, () => startService(t)));
  const targets = services.map(({ url }) => url).join('", "');
  const gateway = await startGateway(openRoute(targets).replace('] }', `], ${CHECK}${more} }`), { clock });
  t.after(() => gateway.close());
  const { targets: plans } = gateway.plan.upstreams[0]!;
  const done = () => plans.reduce((sum, { health }) => sum + health!.checks('passed') + health!.checks('failed'), 0);
  return {
    clock,
    gateway,
    services,
    /** Lets every target be checked once more. `tookMs`: what the check itself takes. */
    async round(tookMs = 0) {
      const before = done();
      // The first is due at once, and begins with the next tick.
      clock.advance(Math.max(100, ...plans.map(({ health }) => health!.nextInMs())));
      clock.advance(tookMs);
      await until(() => done() >= before + count);
    },
    call: () => ask(gateway.port, '/'),
    async times(n: number) {
      const statuses: number[] = [];
      for (let at = 0; at < n; at++) statuses.push((await ask(gateway.port, '/')).status);
      return statuses;
    },
    up: () => plans.map(({ health }) => health!.isUp()),
  };
}

test('a target leaves when three checks in a row fail, and ramps up when two have passed', async (t) => {
  const { clock, gateway, services, round, times, up } = await setUp(t, 2);
  services[1]!.says(503);
  await round();
  await round();
  assert.deepEqual(up(), [true, true]);
  await round();
  assert.deepEqual(up(), [true, false]);
  const before = services[1]!.requests();
  assert.ok((await times(20)).every((status) => status === 200));
  assert.equal(services[1]!.requests(), before);

  services[1]!.says(204);
  await round();
  await round();
  assert.deepEqual(up(), [true, true]);
  await times(20);
  const share = services[1]!.requests() - before;
  assert.ok(share >= 1 && share <= 4, `${share} of 20 at first`);
  clock.advance(9_000);
  const later = services[1]!.requests();
  await times(20);
  assert.ok(services[1]!.requests() - later >= 8, 'and half of them in the end');

  const changes = gateway.events.filter(({ event }) => event === 'target_health_changed').map(({ fields }) => fields);
  assert.deepEqual(
    changes.map(({ healthy, fault }) => [healthy, fault]),
    [
      [false, 'status 503'],
      [true, undefined],
    ],
  );
  assert.match(
    services[1]!.checks[0]!,
    new RegExp(`^GET /health HTTP/1.1\r\nHost: 127.0.0.1:${services[1]!.port}\r\n`),
  );
});

test('with every target down callers are refused at once, and told when the next check is', async (t) => {
  const { clock, gateway, services, round, call } = await setUp(t, 2);
  for (const service of services) service.says(500);
  for (let n = 0; n < 3; n++) await round();
  clock.advance(4_000);
  const reply = await call();
  assert.deepEqual([reply.status, reply.json().code, reply.headers.get('retry-after')], [503, 'circuit_open', '6']);
  assert.ok(services.every(({ requests }) => requests() === 0));
  for (const service of services) service.says(200);
  await round();
  await round();
  assert.equal((await call()).status, 200);
  const told = gateway.events.filter(({ event }) => event.startsWith('upstream_')).map(({ event }) => event);
  assert.deepEqual(told, ['upstream_down', 'upstream_back']);
});

test('CB-05 where it was asked for, a service with too few targets left is called as if all were well', async (t) => {
  const { services, round, times } = await setUp(t, 2, ', panic_below: 60%');
  services[0]!.says(500);
  for (let n = 0; n < 3; n++) await round();
  const before = services.map(({ requests }) => requests());
  await times(20);
  assert.deepEqual(
    services.map(({ requests }, at) => requests() - before[at]!),
    [10, 10],
  );
});

test('a check that is not answered, or refused, has failed', async (t) => {
  const { services, round, up } = await setUp(t, 1);
  services[0]!.says(0);
  for (let n = 0; n < 4; n++) await round(2_000);
  assert.deepEqual(up(), [false]);
});

test('a target over TLS is checked over TLS, and a gateway that stops checks no more', async (t) => {
  const clock = createFakeClock();
  const authority = { name: 'Test authority', ...createCertificate({ name: 'Test authority', isAuthority: true }) };
  tls.setDefaultCACertificates([authority.cert]);
  let checks = 0;
  const server = tls.createServer(createCertificate({ name: 'localhost', issuer: authority }), (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      checks++;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const gateway = await startGateway(openRoute(url).replace('] }', `], ${CHECK} }`), { clock });
  const { health } = gateway.plan.upstreams[0]!.targets[0]!;
  clock.advance(100);
  await until(() => health!.checks('passed') === 1);
  await gateway.close();
  clock.advance(60_000);
  await oneRound();
  assert.equal(checks, 1);
});
