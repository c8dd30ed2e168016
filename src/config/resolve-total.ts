/** The total time limit of a route: its own or the file's, and never so short that a connection alone could use it up. */
import type { UpstreamConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import type { RouteValue } from './schema-route.ts';
import { durationMs } from './units.ts';

export function resolveTotal(
  value: RouteValue,
  fileTotalMs: number,
  upstream: UpstreamConfig | undefined,
  { path, report }: { readonly path: Path; readonly report: Report },
): number {
  const own = value.timeouts?.total;
  const totalMs = own === undefined ? fileTotalMs : durationMs(own);
  if (upstream !== undefined && !value.streaming && totalMs < upstream.timeouts.connectMs) {
    report.error(
      own === undefined ? path : [...path, 'timeouts', 'total'],
      `a request here may take ${totalMs}ms in all, and \`${upstream.name}\` alone ${upstream.timeouts.connectMs}ms to connect; write a longer \`timeouts.total\`, or a shorter \`timeouts: { connect: … }\` there`,
    );
  }
  return totalMs;
}
