import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGatewayProcess } from '../support/process.ts';
import { until } from '../support/other-end.ts';

const yaml = (limit: string) => `
upstreams: { app: { targets: ["http://127.0.0.1:1"] } }
routes:
  - { path: /login, methods: [POST], kind: internal, upstream: app, auth: none, rate_limit: ${limit} }
`;

async function readiness(port: number): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/readyz`)).text();
}

test('a text with a login that has no limit is not put in place, and /readyz says which line', async (t) => {
  const gateway = await startGatewayProcess(yaml('{ quota: 1/min, by: address, mode: enforce }'));
  t.after(() => gateway.stop('SIGKILL'));
  gateway.rewrite(yaml('none'));
  gateway.child.kill('SIGHUP');
  await until(() => gateway.stderr().includes('config_reload_failed'));
  assert.match(await readiness(gateway.adminPort), /gatehouse\.yaml:\d+:\d+: .*\[login-without-limit\]/);
  assert.notEqual((await ask(gateway.port, '/login', { method: 'POST' })).status, 429);
  assert.equal((await ask(gateway.port, '/login', { method: 'POST' })).status, 429, 'the old limit is in place');
});

test('a start that the audit refuses is no start', async () => {
  await assert.rejects(startGatewayProcess(yaml('none')), /\[login-without-limit\]/);
});
