/**
 * Programs that tests use and npm cannot bring: the servers that stand behind
 * the gateway in the smuggling tests, curl for the calls that the demonstration
 * prints, a browser, and a database. On Debian and as root they are installed where they are
 * absent; elsewhere those tests are skipped and say how to.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program and Debian package. */
const PARTS = [
  ['nginx', 'nginx-light'],
  ['haproxy', 'haproxy'],
  ['curl', 'curl'],
  ['chromium', 'chromium'],
  ['postgres', 'postgresql'],
] as const;

export type Part = (typeof PARTS)[number][0];

/** Where `part` is, or `undefined`. Servers are often not in the path of users; Debian's PostgreSQL is in nobody's. */
export function pathOf(part: Part): string | undefined {
  const elsewhere = ['/usr/sbin', '/usr/local/sbin', ...globSync('/usr/lib/postgresql/*/bin')];
  const folders = [...elsewhere.splice(2), ...(process.env.PATH ?? '').split(delimiter), ...elsewhere];
  return folders.map((folder) => join(folder, part)).find((path) => existsSync(path));
}

const absent = () => PARTS.filter(([part]) => pathOf(part) === undefined);

/** For `skip`: how to get what is absent of `parts`, or `false`. Under CI nothing may be absent. */
export function whyAbsent(...parts: readonly Part[]): string | false {
  const missing = absent().filter(([part]) => parts.includes(part));
  if (missing.length === 0) return false;
  const how = `apt-get install ${missing.map(([, name]) => name).join(' ')}`;
  if (process.env.CI === 'true') throw new Error(`absent: ${how}`);
  return how;
}

/** Installs what is absent where that is possible; says nothing when all is there. */
export function installParts(): void {
  const missing = absent().map(([, name]) => name);
  if (missing.length === 0 || !existsSync('/etc/debian_version') || process.getuid?.() !== 0) return;
  console.error(`Installing ${missing.join(' ')}…`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...missing]]) {
    spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env });
  }
}
