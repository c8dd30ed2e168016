import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { createCertificate } from '../support/certificate.ts';
import { ask } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('a connection that does not come to be is no failure of a service that answers on another meanwhile', async () => {
  const clock = createFakeClock();
  const certificate = createCertificate({ name: '127.0.0.1' });
  const requests: TLSSocket[] = [];
  const upstream = await startUpstream({
    behaviour(socket, number) {
      // The second connection waits for its handshake for ever, as if in a listen queue that nobody empties.
      if (number > 0) return;
      const secure = new TLSSocket(socket, { isServer: true, ...certificate });
      secure.on('data', () => requests.push(secure));
      secure.on('error', () => {});
    },
  });
  const gateway = await startGateway(
    `
upstreams:
  service:
    targets: ["https://127.0.0.1:${upstream.port}"]
    tls: { insecure_skip_verify: true }
    timeouts: { connect: 1s }
    retry: { attempts: 0 }
routes:
  - { path: /*, kind: operations, upstream: service, auth: none, rate_limit: none }
`,
    { clock },
  );
  try {
    const first = ask(gateway.port, '/1');
    await until(() => requests.length === 1);
    const second = ask(gateway.port, '/2');
    await until(() => upstream.connections() === 2);
    clock.advance(900);
    requests[0]!.write(REPLY);
    assert.equal((await first).status, 200);
    await until(() => requests.length === 2);
    const third = ask(gateway.port, '/3');
    await until(() => gateway.plan.upstreams[0]!.bulkhead.inside === 2);
    clock.advance(200);
    await until(() => upstream.connections() === 3);
    requests[1]!.write(REPLY);
    assert.equal((await second).status, 200);
    await until(() => requests.length === 3);
    requests[2]!.write(REPLY);
    assert.equal((await third).status, 200);
  } finally {
    await gateway.close();
    await upstream.close();
  }
});
