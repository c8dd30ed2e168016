import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { whyNotInstalled } from '../support/installed.ts';

const skip = whyNotInstalled();
const call = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-package-'));
/** What is packed, so that `dist` of the checkout is left alone. */
const checkout = join(folder, 'checkout');
/** Where it is installed. */
const home = join(folder, 'home');
const installed = join(home, 'node_modules', 'gatehouse');
const gatehouse = join(home, 'node_modules', '.bin', 'gatehouse');
after(() => rmSync(folder, { recursive: true, force: true }));

before(async () => {
  if (skip !== false) return;
  const left = new Set(['node_modules', 'dist', '.git'].map((name) => resolve(name)));
  cpSync('.', checkout, { recursive: true, filter: (source) => !left.has(resolve(source)) });
  symlinkSync(resolve('node_modules'), join(checkout, 'node_modules'));
  await npm(checkout, 'pack', '--pack-destination', folder);
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }');
  const tarball = globSync('*.tgz', { cwd: folder })[0]!;
  await npm(home, 'install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball));
});

/** The npm that runs the tests, on the project's Node. */
function npm(cwd: string, ...args: readonly string[]): Promise<unknown> {
  const path = process.env.npm_execpath;
  return path === undefined ? call('npm', args, { cwd }) : call(process.execPath, [path, ...args], { cwd });
}

test('it holds the built code, the schema and what a reader needs, and nothing else', { skip }, () => {
  for (const file of ['README.md', 'LICENSE', 'gatehouse.schema.json', 'bin/gatehouse.js', 'dist/index.d.ts']) {
    assert.ok(existsSync(join(installed, file)), file);
  }
  const others = globSync('**/*.{ts,js}', { cwd: installed, exclude: ['dist/**/*.{js,d.ts}', 'bin/gatehouse.js'] });
  assert.deepEqual(others, []);
  assert.deepEqual(globSync('**/*.test.*', { cwd: installed }), []);
});

test('it needs three packages and none of those that develop it', { skip }, () => {
  const packages = globSync('*', { cwd: join(home, 'node_modules') }).toSorted();
  assert.deepEqual(packages, ['gatehouse', 'jose', 'yaml', 'zod']);
});

test('publint has nothing to say', { skip }, async () => {
  const { messages } = await publint({ pkgDir: installed, strict: true, pack: false });
  assert.deepEqual(messages, []);
});

test('a program that embeds it finds the public names and their types', { skip }, async () => {
  const program = `
    import { type Config, formatFault, loadConfig, parseConfig, type Running, runGateway, systemClock } from 'gatehouse';
    const loaded = parseConfig('routes: []', 'x.yaml', { readFile: () => '', wall: systemClock.wall, env: {} });
    if (loaded.config === undefined) console.log(loaded.faults.map(formatFault).join('\\n'));
    export const start = (config: Config): Promise<Running> => runGateway(config, { clock: systemClock, log: () => {} });
    export type Load = ReturnType<typeof loadConfig>;
  `;
  writeFileSync(join(home, 'program.ts'), program);
  const types = ['--types', 'node', '--typeRoots', resolve('node_modules/@types')];
  const options = ['--module', 'nodenext', '--target', 'es2024', '--strict', '--noEmit', ...types, 'program.ts'];
  await call(resolve('node_modules/.bin/tsc'), options, { cwd: home });
  const { stdout } = await call(process.execPath, ['program.ts'], { cwd: home });
  assert.match(stdout, /^x\.yaml:\d+:\d+: there are no `routes`/m);
});

test('its commands check a configuration and serve it', { skip }, async (t) => {
  const upstream = createServer((request, response) => response.end(`you asked for ${request.url}`));
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  t.after(() => upstream.close());
  const { port } = upstream.address() as AddressInfo;
  const file = join(home, 'gatehouse.yaml');
  writeFileSync(
    file,
    `listen: 127.0.0.1:0
admin: { listen: 127.0.0.1:0 }
upstreams: { app: { targets: ['http://127.0.0.1:${port}'] } }
routes:
  - { path: /*, methods: [GET], kind: public, upstream: app, auth: none, rate_limit: { quota: 100/min, by: user } }
`,
  );
  const { stdout } = await call(gatehouse, ['check'], { cwd: home });
  assert.match(stdout, /^GET \/\* +100\/min by user +app/m);

  const gateway = spawn(gatehouse, ['run'], { cwd: home, stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => gateway.kill('SIGKILL'));
  const [line] = (await once(gateway.stderr.setEncoding('utf8'), 'data')) as [string];
  const { address } = JSON.parse(line.split('\n')[0]!) as { address: string };
  const reply = await fetch(`http://${address}/hello`);
  assert.equal(await reply.text(), 'you asked for /hello');
  gateway.kill('SIGTERM');
  assert.deepEqual(await once(gateway, 'exit'), [0, null]);
});
