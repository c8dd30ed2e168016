import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, connectRaw } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/other-end.ts';
import { startUpstream } from '../support/upstream.ts';

test('while an upload without end is the probe, another one is let through after the time the circuit is open for', async () => {
  const clock = createFakeClock();
  const upstream = await startUpstream();
  const gateway = await startGateway(
    `
upstreams: { service: { targets: ["${upstream.url}"], circuit_breaker: { minimum_requests: 1, open_for: 10s, probes: 1 } } }
routes:
  - { path: /upload, kind: operations, upstream: service, auth: none, rate_limit: none, streaming: true }
  - { path: /*, kind: operations, upstream: service, auth: none, rate_limit: none }
`,
    { clock },
  );
  const { breaker } = gateway.plan.upstreams[0]!.targets[0]!;
  const uploading = await connectRaw(gateway.port);
  try {
    breaker!.failure(breaker!.acquire()!);
    clock.advance(10_000);
    uploading.send('POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
    await until(() => upstream.open() === 1);
    assert.equal(breaker!.state(), 'half_open');
    assert.equal((await ask(gateway.port, '/')).status, 503);
    clock.advance(10_000);
    assert.equal((await ask(gateway.port, '/')).status, 200);
    assert.equal(breaker!.state(), 'closed');
  } finally {
    uploading.close();
    await Promise.all([gateway.close(), upstream.close()]);
  }
});
