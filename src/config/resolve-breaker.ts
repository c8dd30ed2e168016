/** Circuit breakers: what their values cannot know of one another. */
import type { BreakerConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import type { UpstreamValue } from './schema-upstream.ts';
import { durationMs, ratioOf } from './units.ts';

const WINDOW_MS = 10_000;
const MAX_OPEN_FOR_MS = 120_000;
const SLOW_CALL_RATE = 0.8;

export function resolveBreaker(
  { circuit_breaker: value, timeouts }: Pick<UpstreamValue, 'circuit_breaker' | 'timeouts'>,
  path: Path,
  report: Report,
): BreakerConfig | undefined {
  if (value === 'off') return undefined;
  const openForMs = durationMs(value.open_for);
  const windowMs = value.window === undefined ? Math.max(WINDOW_MS, openForMs) : durationMs(value.window);
  const maxOpenForMs =
    value.max_open_for === undefined ? Math.max(MAX_OPEN_FOR_MS, openForMs) : durationMs(value.max_open_for);
  const written = (key: string) => report.written([...path, key]);
  if (windowMs < openForMs) {
    report.error(
      [...path, 'window'],
      `the window ${written('window')} is shorter than the time between two probes; write \`${value.open_for}\` (\`open_for\`) or more`,
    );
  }
  if (maxOpenForMs < openForMs) {
    report.error(
      [...path, 'max_open_for'],
      `\`max_open_for\` is ${written('max_open_for')}, and the first time is longer; write \`${value.open_for}\` (\`open_for\`) or more`,
    );
  }
  if (value.slow_call_rate !== undefined && value.slow_call === undefined) {
    report.error(
      [...path, 'slow_call_rate'],
      '`slow_call_rate` says nothing without `slow_call`; write `slow_call: 2s`, or leave it out',
    );
  }
  if (value.slow_call !== undefined && durationMs(value.slow_call) >= durationMs(timeouts.response)) {
    report.error(
      [...path, 'slow_call'],
      `no answer takes as long as ${written('slow_call')}; write less than \`${timeouts.response}\` (\`timeouts.response\`)`,
    );
  }
  return {
    failureRate: ratioOf(value.failure_rate),
    minimumRequests: value.minimum_requests,
    consecutiveFailures: value.consecutive_failures === 'off' ? Number.POSITIVE_INFINITY : value.consecutive_failures,
    slowCallMs: value.slow_call === undefined ? Number.POSITIVE_INFINITY : durationMs(value.slow_call),
    slowCallRate: value.slow_call_rate === undefined ? SLOW_CALL_RATE : ratioOf(value.slow_call_rate),
    failureStatuses: value.failure_statuses.filter((status) => status !== undefined),
    windowMs,
    openForMs,
    maxOpenForMs,
    probes: value.probes,
  };
}
