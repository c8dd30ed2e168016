import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { configOf } from '../support/configuration.ts';
import { startGateway } from '../support/gateway.ts';

const readme = readFileSync('README.md', 'utf8');
const yaml = /^```yaml\n(.*?)^```$/ms.exec(readme)![1]!;
const consoles = [...readme.matchAll(/^```console\n(.*?)^```$/gms)].map(([, text = '']) => text);

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-readme-'));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'gatehouse.yaml'), yaml);

test('its configuration loads without a warning', () => assert.deepEqual(configOf(yaml).warnings, []));

test('its curl gets the refusal it shows', async (t) => {
  const shown = consoles.find((text) => text.includes('$ curl -i '))!;
  const [, path = '', reply = ''] = /^\$ curl -i http:\/\/127\.0\.0\.1:8080(\S*)\n(.*)/ms.exec(shown)!;
  const gateway = await startGateway(yaml);
  t.after(() => gateway.close());
  const { status, reason, rawHeaders, body } = await ask(gateway.port, path);
  const head = rawHeaders.map(([name, value]) => `${name}: ${value}\n`).join('');
  assert.equal(withoutWhatVaries(`HTTP/1.1 ${status} ${reason}\n${head}\n${body}\n`), withoutWhatVaries(reply));
});

const checks = consoles.flatMap((text) => [...text.matchAll(/^\$ (.*gatehouse check.*)\n((?:[^$\n].*\n|\n)*)/gm)]);
test('it shows two checks', () => assert.equal(checks.length, 2));
for (const [, command = '', output = ''] of checks) {
  test(`\`${command}\` prints what it shows`, () => {
    const script = `gatehouse() { '${process.execPath}' '${resolve('src/cli.ts')}' "$@"; }; ${command}`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' });
    assert.equal(stdout + stderr, output);
  });
}

test('`gatehouse run` begins with the event it shows', async (t) => {
  const file = join(folder, 'free-ports.yaml');
  writeFileSync(file, `listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0 }\n${yaml}`);
  const gateway = spawn(process.execPath, ['src/cli.ts', 'run', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => gateway.kill('SIGKILL'));
  const [line] = (await once(createInterface(gateway.stderr), 'line')) as [string];
  const shown = JSON.parse(/^\{"time".*$/m.exec(readme)![0]) as Record<string, unknown>;
  const { level, event, ...seen } = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual({ level, event }, { level: shown.level, event: shown.event });
  assert.deepEqual(['level', 'event', ...Object.keys(seen)].toSorted(), Object.keys(shown).toSorted());
});

for (const page of [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'docs/limits.md',
  'docs/tokens.md',
  'docs/wire.md',
  'docs/headers.md',
  'docs/operations.md',
]) {
  test(`every link of ${page} leads somewhere`, () => {
    const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
    for (const link of links) assert.ok(existsSync(join(dirname(page), link)), link);
  });
}

function withoutWhatVaries(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{32}\b/g, 'ID').replaceAll(/^Date: .* GMT$/gm, 'Date: NOW');
}
