import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
after(() => upstream.close());
const TOKEN = 'an-admin-token-of-at-least-32-characters';

const GOOD = `
upstreams: { app: { targets: ["${upstream.url}"] } }
routes:
  - { path: /here, kind: operations, upstream: app, auth: none }
`;
const bomb = (): string => {
  const levels = Array.from({ length: 9 }, (_, at) => `b${at + 1}: &b${at + 1} [${`*b${at},`.repeat(9)}]`);
  return `b0: &b0 [x,x,x,x,x,x,x,x,x]\n${levels.join('\n')}\n`;
};

const gateway = await startGateway(GOOD, { env: { ADMIN_TOKEN: TOKEN }, admin: "token: '${ADMIN_TOKEN}'" });
after(() => gateway.close());

const BAD: readonly (readonly [name: string, yaml: string, message: RegExp])[] = [
  ['a fault in a value', GOOD.replace('operations', 'operation'), /^test\.yaml:6:26: .*operation/],
  ['half of a text', GOOD.slice(0, GOOD.indexOf('kind')), /^test\.yaml:6:\d+: this is not YAML/],
  ['a text without routes', 'upstreams: {}\n', /routes/],
  ['100 MB', `# ${'x'.repeat(100 * 1024 * 1024)}`, /^test\.yaml:1:1: the file is over 4 MiB/],
  ['a key written twice', `${GOOD}upstreams: {}\n`, /^test\.yaml:7:1: .*`upstreams`/],
  ['an unknown key', `${GOOD}upstream: {}\n`, /^test\.yaml:7:1: .*`upstream`/],
  ['a YAML bomb', `${GOOD}${bomb()}`, /test\.yaml:\d+:\d+: /],
  ['bytes that are no text', `${GOOD}\0`, /binary/],
  [
    'what cannot change while it runs',
    `${GOOD}http2: { streams: 7 }\n`,
    /^test\.yaml:7:1: `http2` cannot change while/,
  ],
];

for (const [name, yaml, message] of BAD) {
  test(`LC-06 ${name}: the old configuration serves on, and the fault is said everywhere`, async () => {
    const outcome = await gateway.reloadWith(yaml);
    assert.ok(!outcome.ok);
    const event = gateway.events.at(-1)!;
    assert.equal(event.event, 'config_reload_failed');
    const told = event.fields.faults as string[];
    assert.ok(
      told.some((fault) => message.test(fault)),
      told.join('\n'),
    );
    assert.equal((await ask(gateway.port, '/here')).status, 200);
    const readyz = await fetch(`http://127.0.0.1:${gateway.adminPort}/readyz`);
    assert.equal(readyz.status, 200);
    const { ready, reload } = (await readyz.json()) as { ready: boolean; reload: { ok: boolean; faults: string[] } };
    assert.deepEqual([ready, reload.ok, reload.faults], [true, false, told]);
    assert.match(gateway.plan.metrics.render(), /^gatehouse_config_last_reload_successful 0$/m);
    // And to whoever asked.
    const asked = await fetch(`http://127.0.0.1:${gateway.adminPort}/reload`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    assert.equal(asked.status, 422);
    assert.match(((await asked.json()) as { faults: string[] }).faults.join('\n'), new RegExp(message.source, 'm'));
  });
}

test('LC-06 a good text after bad ones is taken, and all is well again', async () => {
  const failures = BAD.length * 2;
  await gateway.reloadWith(GOOD.replace('/here', '/there'));
  assert.equal((await ask(gateway.port, '/there')).status, 200);
  assert.equal((await ask(gateway.port, '/here')).status, 404);
  const metrics = gateway.plan.metrics.render();
  assert.match(metrics, /^gatehouse_config_last_reload_successful 1$/m);
  assert.match(metrics, new RegExp(`^gatehouse_config_reloads_total\\{result="failure"\\} ${failures}$`, 'm'));
  assert.match(metrics, /^gatehouse_config_reloads_total\{result="success"\} 1$/m);
});

test('LC-06 what is asked for during a reading is answered by a later one', async () => {
  const outcomes = await Promise.all([
    gateway.reloadWith(GOOD),
    gateway.reloadWith(GOOD.replace('/here', '/a')),
    gateway.reloadWith(GOOD.replace('/here', '/b')),
  ]);
  assert.deepEqual(
    outcomes.map(({ ok }) => ok),
    [true, true, true],
  );
  assert.equal((await ask(gateway.port, '/b')).status, 200);
});
