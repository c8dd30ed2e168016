#!/usr/bin/env node
/**
 * Runs one of the project's scripts on the project's own Node, whatever Node is
 * on the machine: installs what the lockfile names where it is missing, then
 * hands over. Plain JavaScript that an old Node understands, no dependency.
 *
 *   node scripts/bootstrap.js SCRIPT [ARGUMENT…]
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.installed');
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** What was installed last is known by the lockfile it was installed from. */
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const installed = existsSync(stamp) && existsSync(node) && readFileSync(stamp, 'utf8') === wanted;

if (!installed) {
  console.error('Installing what package-lock.json names…');
  const npm = process.env.npm_execpath;
  const [command, prefix] = npm ? [process.execPath, [npm]] : ['npm', []];
  const { status } = spawnSync(command, [...prefix, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // An outer `npm test` hands its own settings down; those of a production install would leave the tools out.
    env: { ...process.env, NODE_ENV: 'development', npm_config_omit: '' },
  });
  if (status !== 0) {
    console.error('npm ci failed; nothing was started.');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

const path = `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`;
const child = spawn(node, process.argv.slice(2), { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
// Ctrl-C reaches the whole group: the child ends in its own way and we end with it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
