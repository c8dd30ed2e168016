/** Upstreams: from `upstreams` to addresses and time limits. */
import type { UpstreamConfig } from './config.ts';
import { readTarget } from './addresses.ts';
import type { Path } from './faults.ts';
import type { Surroundings } from './files.ts';
import { resolveBalance } from './resolve-balance.ts';
import { resolveBreaker } from './resolve-breaker.ts';
import { resolveClientCredentials } from './resolve-client.ts';
import { resolveHealthCheck } from './resolve-health.ts';
import { resolveUpstreamTls } from './resolve-tls.ts';
import type { UpstreamValue } from './schema-upstream.ts';
import { durationMs, ratioOf } from './units.ts';

export function resolveUpstream(name: string, value: UpstreamValue, around: Surroundings): UpstreamConfig {
  const { report } = around;
  const path: Path = ['upstreams', name];
  const seen = new Set<string>();
  let basePath: string | undefined;
  const targets = (value.targets ?? []).flatMap((written, index) => {
    if (written === undefined) return [];
    const at = [...path, 'targets', index, ...(typeof written === 'string' ? [] : ['url'])];
    const { url, weight } = typeof written === 'string' ? { url: written, weight: 1 } : written;
    if (url === undefined) {
      report.error(at, 'the target has no `url`; write `url: http://127.0.0.1:7001`');
      return [];
    }
    const target = readTarget(url);
    if (typeof target === 'string') {
      report.error(at, `the target ${report.written(at)} cannot be used; ${target}`);
      return [];
    }
    const key = JSON.stringify(target);
    if (seen.has(key)) report.error(at, `the target ${report.written(at)} is listed twice; keep one`);
    seen.add(key);
    basePath ??= target.basePath;
    // A request is written before its target is known to be free.
    if (target.basePath !== basePath) {
      report.error(
        at,
        `the targets of one upstream must have the same path; write \`${basePath || '/'}\`, or two upstreams`,
      );
    }
    return [{ ...target, weight }];
  });
  if (targets.length === 0) {
    report.error(
      [...path, 'targets'],
      `upstream \`${name}\` has no \`targets\`; write \`targets: [http://127.0.0.1:7001]\``,
    );
  }
  if (value.tls !== undefined && targets.length > 0 && targets.every(({ tls }) => !tls)) {
    report.error(
      [...path, 'tls'],
      `upstream \`${name}\` has \`tls\` and no target with it; write \`https://\` targets`,
    );
  }
  return {
    name,
    targets,
    balance: resolveBalance(value.balance, [...path, 'balance'], report),
    timeouts: {
      connectMs: durationMs(value.timeouts.connect),
      responseMs: durationMs(value.timeouts.response),
      idleMs: durationMs(value.timeouts.idle),
    },
    keepAliveMs: durationMs(value.keep_alive),
    maxConnections: value.max_connections,
    concurrency: {
      max: value.concurrency.max ?? value.max_connections * Math.max(1, targets.length),
      queueSize: value.concurrency.queue,
      queueMs: durationMs(value.concurrency.queue_timeout),
      adaptive: value.concurrency.adaptive,
    },
    retry: {
      attempts: value.retry.attempts,
      after: value.retry.after.filter((what) => what !== undefined),
      statuses: value.retry.statuses.filter((status) => status !== undefined),
      budget: ratioOf(value.retry.budget),
      backoffMs: durationMs(value.retry.backoff),
    },
    rampUpMs: durationMs(value.ramp_up),
    panicBelow: value.panic_below === undefined ? 0 : ratioOf(value.panic_below),
    circuitBreaker: resolveBreaker(value, [...path, 'circuit_breaker'], report),
    healthCheck: value.health_check && resolveHealthCheck(value.health_check, [...path, 'health_check'], report),
    tls: value.tls && resolveUpstreamTls(value.tls, [...path, 'tls'], around),
    clientCredentials:
      value.client_credentials &&
      resolveClientCredentials(value.client_credentials, [...path, 'client_credentials'], around),
    place: report.placeOf(path),
  };
}
