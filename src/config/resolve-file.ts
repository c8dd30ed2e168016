/**
 * The file as a whole: first what is named, then the routes that name it, then
 * what was named for nothing.
 */
import type { Config } from './config.ts';
import { reportIndistinct, reportSameNames } from './distinct.ts';
import type { Surroundings } from './files.ts';
import { reportKeySetDifferences } from './key-sets.ts';
import { createReferences } from './references.ts';
import { resolveCors } from './resolve-cors.ts';
import { resolveIssuer } from './resolve-issuers.ts';
import { resolveLimit } from './resolve-limits.ts';
import {
  resolveListeners,
  resolveLog,
  resolveProxies,
  resolveTimeouts,
  resolveWireLimits,
} from './resolve-listeners.ts';
import { knownLimit } from './resolve-route-limits.ts';
import { resolveRoute } from './resolve-routes.ts';
import { resolveEdgeTls } from './resolve-tls.ts';
import { resolveUpstream } from './resolve-upstreams.ts';
import type { FileValue } from './schema.ts';
import { durationMs, sizeBytes } from './units.ts';

export function resolveFile(value: FileValue, surroundings: Surroundings): Config {
  const { file, report } = surroundings;
  const issuers = resolveNamed(value.issuers, (name, one) => resolveIssuer(name, one, ['issuers', name], report));
  const upstreams = resolveNamed(value.upstreams, (name, one) => resolveUpstream(name, one, surroundings));
  const limits = resolveNamed(value.rate_limits, (name, one) => knownLimit(name, one, ['rate_limits', name], report));
  for (const name of ['none', 'failed_authentications']) {
    if (!limits.has(name)) continue;
    const message = `a limit cannot be called \`${name}\`, which has a meaning of its own; choose another name`;
    report.unknownKey(['rate_limits', name], message, undefined);
  }

  const around = {
    issuers: createReferences('issuer', 'issuers', issuers, report),
    upstreams: createReferences('upstream', 'upstreams', upstreams, report),
    limits: createReferences('limit', 'rate_limits', limits, report),
    cors: value.cors && resolveCors(value.cors, ['cors'], report),
    clientCertificates: value.tls?.client_certificates !== undefined || report.isFaulty(['tls']),
    bodyBytes: sizeBytes(value.limits.body),
    totalMs: durationMs(value.timeouts.total),
  };
  if (value.routes === undefined || value.routes.length === 0) {
    report.error(
      ['routes'],
      'there are no `routes`; write at least one, as in `- { path: /health, kind: operations, upstream: NAME, auth: none }`',
    );
  }
  const readings = (value.routes ?? []).flatMap((route, index) =>
    route ? [resolveRoute(route, index, around, report)] : [],
  );
  reportIndistinct(readings, report);
  reportKeySetDifferences(
    [
      ...[...issuers].flatMap(([name, issuer]) => (issuer ? [{ issuer, path: ['issuers', name] }] : [])),
      ...readings.flatMap(({ path, route }) =>
        route?.auth ? [{ issuer: route.auth.issuer, path: [...path, 'auth'] }] : [],
      ),
    ],
    report,
  );
  reportSameNames(
    (value.routes ?? []).map((route) => route?.name),
    report,
  );
  // A route that is at fault may be the one that uses it.
  if (report.faults.every(({ severity }) => severity === 'warning')) {
    for (const known of [around.issuers, around.upstreams, around.limits]) known.reportUnused();
  }

  const routes = readings.flatMap(({ route }) => route ?? []);
  return {
    file,
    ...resolveListeners(value, report),
    tls: value.tls && resolveEdgeTls(value.tls, surroundings),
    trustedProxies: resolveProxies(value.trusted_proxies, report),
    ipv6Prefix: value.ipv6_prefix,
    limits: resolveWireLimits(value.limits, report),
    timeouts: resolveTimeouts(value.timeouts),
    issuers: [...issuers.values()].filter((issuer) => issuer !== undefined),
    upstreams: [...upstreams.values()].filter((upstream) => upstream !== undefined),
    rateLimits: [...limits.values()].flatMap((known) => known?.limit ?? []),
    failedAuthentications:
      value.failed_authentications &&
      resolveLimit(
        'failed_authentications',
        { ...value.failed_authentications, by: 'address' },
        ['failed_authentications'],
        report,
      ),
    maxCallers: value.max_callers,
    routes,
    log: resolveLog(value.log, routes),
  };
}

function resolveNamed<V, T>(
  values: Readonly<Record<string, V | undefined>>,
  resolve: (name: string, value: V) => T | undefined,
): ReadonlyMap<string, T | undefined> {
  return new Map(
    Object.entries(values).map(([name, value]) => [name, value === undefined ? undefined : resolve(name, value)]),
  );
}
