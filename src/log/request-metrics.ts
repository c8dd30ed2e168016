/**
 * What is measured of every request. All series are made with the plan, so no
 * path, host, subject or key can ever become a label: a request adds to four
 * numbers, about 50 ns.
 */
import { refusalTable, type RefusalCode, type TokenFault } from '../refusal.ts';
import type { Counter, Histogram, Metrics } from './metrics.ts';

export interface RequestMetrics {
  /** `status`: of the reply, 100 to 599. `upstreamMs`: only where the upstream was asked. */
  observe(status: number, durationMs: number, upstreamMs: number | undefined): void;
}

export interface RefusalMetrics {
  count(code: RefusalCode, reason: TokenFault | undefined): void;
}

const TOKEN_FAULTS = {
  expired: true,
  not_yet_valid: true,
  signature: true,
  unknown_key: true,
  issuer: true,
  audience: true,
  claim: true,
  algorithm: true,
  malformed: true,
  revoked: true,
  inactive: true,
} as const satisfies Record<TokenFault, true>;

/** Seconds; fine where a gateway adds its own time, coarse where services take theirs. */
const BOUNDS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** `route` and `upstream` are names of the configuration; requests that found no route are counted under a name of their own. */
export function createRequestMetrics(metrics: Metrics, route: string, upstream: string | undefined): RequestMetrics {
  const requests: readonly Counter[] = STATUS_CLASSES.map((statusClass) =>
    metrics.counter('gatehouse_requests_total', 'Requests answered.', { route, status_class: statusClass }),
  );
  const durations = metrics.histogram(
    'gatehouse_request_duration_seconds',
    'From the head of a request to the end of its reply.',
    BOUNDS_S,
    { route },
  );
  const upstreamDurations: Histogram | undefined =
    upstream === undefined
      ? undefined
      : metrics.histogram(
          'gatehouse_upstream_duration_seconds',
          'From sending a request to the head of the reply.',
          BOUNDS_S,
          { upstream },
        );
  return {
    observe(status, durationMs, upstreamMs) {
      requests[Math.floor(status / 100) - 1]?.add(1);
      durations.observe(durationMs / 1000);
      if (upstreamMs !== undefined) upstreamDurations?.observe(upstreamMs / 1000);
    },
  };
}

const TUNNEL_ENDS = [
  'caller_closed',
  'upstream_closed',
  'caller_lost',
  'upstream_lost',
  'idle',
  'stalled',
  'token_expired',
  'drained',
] as const;

export function createTunnelMetrics(metrics: Metrics): Readonly<Record<(typeof TUNNEL_ENDS)[number], Counter>> {
  const counterOf = (reason: string) =>
    metrics.counter('gatehouse_tunnels_total', 'Tunnels of WebSocket that have ended.', { reason });
  return Object.fromEntries(TUNNEL_ENDS.map((end) => [end, counterOf(end)])) as ReturnType<typeof createTunnelMetrics>;
}

export function createRefusalMetrics(metrics: Metrics): RefusalMetrics {
  const counterOf = (code: string, reason: string) =>
    metrics.counter('gatehouse_refusals_total', 'Requests refused by the gateway itself.', { code, reason });
  const byCode = new Map(Object.keys(refusalTable).map((code) => [code, counterOf(code, '')]));
  const byFault = new Map(Object.keys(TOKEN_FAULTS).map((fault) => [fault, counterOf('invalid_token', fault)]));
  return {
    count(code, reason) {
      (reason === undefined ? byCode.get(code) : byFault.get(reason))?.add(1);
    },
  };
}
