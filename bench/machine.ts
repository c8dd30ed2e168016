/** What the measurement stands on: the tools it needs, their versions, the machine, and the Fastify stack. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Program and Debian package. */
const TOOLS = [
  ['taskset', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['chrt', 'util-linux'],
  ['wrk', 'wrk'],
  ['nginx', 'nginx-light'],
  ['haproxy', 'haproxy'],
] as const;

/** Servers are often not in the path of users. */
export function widenPath(): void {
  process.env.PATH = [process.env.PATH ?? '', '/usr/sbin', '/usr/local/sbin'].join(delimiter);
}

/** What is missing, with the one command that brings it; `undefined` when all is there. */
export function missing(): string | undefined {
  if (cpus().length < 2) return 'a second core is needed: the proxy has one, the load and the upstream another';
  const folders = (process.env.PATH ?? '').split(delimiter);
  const absent = TOOLS.filter(([tool]) => !folders.some((folder) => existsSync(join(folder, tool))));
  if (absent.length === 0) return undefined;
  const packages = [...new Set(absent.map(([, name]) => name))].join(' ');
  return `missing: ${absent.map(([tool]) => tool).join(', ')}. On Debian: apt-get install ${packages}`;
}

const BENCH = fileURLToPath(new URL('.', import.meta.url));

/** The Fastify stack is a rival and no dependency: it is installed here, from a lockfile of its own, when it is needed. */
export function installFastify(): void {
  const wanted = createHash('sha256')
    .update(readFileSync(join(BENCH, 'package-lock.json')))
    .digest('hex');
  const stamp = join(BENCH, 'node_modules', '.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('Installing what bench/package-lock.json names…');
  const npm = process.env.npm_execpath;
  const [command, before] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const args = [...before, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync(command, args, { cwd: BENCH, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('npm ci --prefix bench failed');
  writeFileSync(stamp, wanted);
}

function firstLine(command: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return (stdout + stderr).split('\n', 1)[0]!.trim();
}

export function describeMachine(): string {
  const [first] = cpus();
  return `${first!.model}, ${cpus().length} cores, Linux ${firstLine('uname', '-r').split('-', 1)[0]}; the proxy on one core, the load and the upstream on another`;
}

export function describeVersions(): string {
  const lock = JSON.parse(readFileSync(join(BENCH, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const stack = Object.entries(lock.dependencies).map(([name, version]) => `${name} ${version}`);
  const haproxy = firstLine('haproxy', '-v').split(' - ', 1)[0]!;
  return [
    `Node ${process.version}`,
    firstLine('nginx', '-v'),
    haproxy,
    ...stack,
    firstLine('wrk', '-v').split('[', 1)[0]!.trim(),
  ].join('; ');
}
