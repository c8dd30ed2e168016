/**
 * What a running gateway cannot change: its addresses, which other processes
 * rely on, and what it writes to. A reload that would is refused, with the line
 * that says so, rather than taken in part.
 */
import type { Config } from './config.ts';
import type { Path, Report } from './faults.ts';
import { identityOf } from './identity.ts';

const RESTART_ONLY: readonly (readonly [path: Path, read: (config: Config) => unknown])[] = [
  [['listen'], ({ listen }) => listen],
  [['redirect'], ({ redirect }) => redirect],
  [['admin', 'listen'], ({ admin }) => admin.listen],
  [['http2'], ({ http2 }) => http2],
  [['log', 'access'], ({ log }) => log.access],
  [['log', 'level'], ({ log }) => log.level],
  [['oauth2', 'store'], ({ oauth2 }) => oauth2?.store],
  [['limits', 'connections'], ({ limits }) => limits.maxConnections],
  [['limits', 'connections_per_address'], ({ limits }) => limits.maxPerAddress],
];

export function reportRestartOnly(running: Config, next: Config, report: Report): void {
  for (const [path, read] of RESTART_ONLY) {
    if (identityOf([read(running)]) !== identityOf([read(next)])) refuse(path, report);
  }
  if ((running.tls === undefined) !== (next.tls === undefined)) refuse(['tls'], report);
}

function refuse(path: Path, report: Report): void {
  report.error(
    path,
    `\`${path.join('.')}\` cannot change while the gateway runs; restart it, or leave this as it was when it started`,
  );
}
