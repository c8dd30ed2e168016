/** Active checks: what their values cannot know of one another. */
import type { HealthCheckConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import type { HealthCheckValue } from './schema-upstream.ts';
import { durationMs } from './units.ts';

export function resolveHealthCheck(value: HealthCheckValue, path: Path, report: Report): HealthCheckConfig {
  if (value.path === undefined) {
    report.error([...path, 'path'], 'the check has no `path`; write `path: /health`');
  }
  const intervalMs = durationMs(value.interval);
  const timeoutMs = durationMs(value.timeout);
  if (timeoutMs > intervalMs) {
    report.error(
      [...path, 'timeout'],
      `a check may take \`${value.timeout}\` and the next is due after \`${value.interval}\`; write a \`timeout\` from \`10ms\` to \`${value.interval}\``,
    );
  }
  const [first = 0, last = first] = String(value.status).split('-').map(Number);
  if (last < first) {
    const at = [...path, 'status'];
    report.error(at, `the range ${report.written(at)} is backwards; write \`${last}-${first}\``);
  }
  return {
    path: value.path ?? '/',
    statuses: [first, last],
    intervalMs,
    timeoutMs,
    healthy: value.healthy,
    unhealthy: value.unhealthy,
  };
}
