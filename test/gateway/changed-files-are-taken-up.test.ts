import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { ask } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
after(() => upstream.close());

const serving = (path: string, more = '') => `
upstreams: { app: { targets: ["${upstream.url}"] } }
routes: [{ path: ${path}, kind: operations, upstream: app, auth: none }]
${more}`;

async function start(t: TestContext, yaml: string, options: Parameters<typeof startGatewayProcess>[1] = {}) {
  const gateway = await startGatewayProcess(yaml, options);
  t.after(() => gateway.stop());
  return gateway;
}

const served = ({ port }: GatewayProcess, path: string) =>
  eventually(async () => ((await ask(port, path)).status === 200 ? true : undefined));

test('LC-04 SIGHUP has the file read again', async (t) => {
  const gateway = await start(t, serving('/one'));
  gateway.rewrite(serving('/two'));
  gateway.child.kill('SIGHUP');
  await served(gateway, '/two');
  assert.equal((await ask(gateway.port, '/one')).status, 404);
  gateway.rewrite('routes: [');
  gateway.child.kill('SIGHUP');
  await eventually(async () => (gateway.stderr().includes('config_reload_failed') ? true : undefined));
  assert.match(gateway.stderr(), /gatehouse\.yaml:3:\d+: /);
  assert.equal((await ask(gateway.port, '/two')).status, 200);
});

test('LC-08 with --watch a change is taken up, however it is written', async (t) => {
  const gateway = await start(t, serving('/one'), { args: ['--watch'] });
  // By a rename, as editors write.
  gateway.rewrite(serving('/two'));
  await served(gateway, '/two');
  // By symbolic links, as Kubernetes writes a ConfigMap: of the folder, never of the file.
  const folder = dirname(gateway.file);
  const text = (path: string) => `listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0 }\n${serving(path)}`;
  for (const [name, path] of [
    ['v1', '/three'],
    ['v2', '/four'],
  ] as const) {
    mkdirSync(`${folder}/${name}`);
    writeFileSync(`${folder}/${name}/gatehouse.yaml`, text(path));
    symlinkSync(name, `${folder}/new`);
    renameSync(`${folder}/new`, `${folder}/..data`);
    if (name === 'v1') {
      symlinkSync('..data/gatehouse.yaml', `${folder}/link`);
      renameSync(`${folder}/link`, gateway.file);
    }
    // eslint-disable-next-line no-await-in-loop -- one after another
    await served(gateway, path);
  }
});

test('LC-08 a secret in a file is read again when that changes, and never printed', async (t) => {
  const [first, second] = ['first-secret-of-the-admin-port-123', 'second-secret-of-the-admin-port-45'];
  const gateway = await start(t, serving('/one'), { args: ['--watch'] });
  const secretFile = `${dirname(gateway.file)}/token`;
  writeFileSync(secretFile, first);
  writeFileSync(
    gateway.file,
    `listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0, token: 'file:token' }\n${serving('/two')}`,
  );
  await served(gateway, '/two');
  const reload = async (token: string) => {
    const reply = await fetch(`http://127.0.0.1:${gateway.adminPort}/reload`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
    });
    return reply.status;
  };
  assert.equal(await reload(first), 200);
  writeFileSync(secretFile, second);
  await eventually(async () => ((await reload(second)) === 200 ? true : undefined));
  assert.equal(await reload(first), 401);
  assert.equal(gateway.stderr().includes('-secret-of-'), false);
});
