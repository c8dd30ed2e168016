/**
 * The file as a whole: first what is named, then the routes that name it, then
 * what was named for nothing.
 */
import type { Config } from './config.ts';
import { reportIndistinct, reportSameNames } from './distinct.ts';
import type { Surroundings } from './files.ts';
import { reportKeySetDifferences } from './key-sets.ts';
import { createReferences } from './references.ts';
import { resolveIntrospection } from './resolve-client.ts';
import { resolveCors } from './resolve-cors.ts';
import { resolveIssuer } from './resolve-issuers.ts';
import { resolveLimit } from './resolve-limits.ts';
import { reportScopes, reportTakenPaths, resolveOAuth2, SELF, selfIssuer } from './resolve-oauth2.ts';
import {
  resolveListeners,
  resolveLog,
  resolveBlocks,
  resolveTimeouts,
  resolveWireLimits,
} from './resolve-listeners.ts';
import { knownLimit } from './resolve-route-limits.ts';
import { resolveRoute } from './resolve-routes.ts';
import { resolveTests } from './resolve-tests.ts';
import { resolveEdgeTls } from './resolve-tls.ts';
import { resolveUpstream } from './resolve-upstreams.ts';
import type { ScopesDeclared } from './schema-oauth2.ts';
import { reportIdentityEdits } from './resolve-set-headers.ts';
import type { FileValue } from './schema.ts';
import { durationMs, ratioOf, sizeBytes } from './units.ts';

export function resolveFile(value: FileValue, surroundings: Surroundings): Config {
  const { file, report } = surroundings;
  const declared = value.scopes && new Set(Object.keys(value.scopes));
  const oauth2 = value.oauth2 && resolveOAuth2(value.oauth2, declared, surroundings);
  const named = resolveNamed(value.issuers, (name, one) => {
    const path = ['issuers', name];
    const asked =
      one.introspection && resolveIntrospection(one.introspection, [...path, 'introspection'], surroundings);
    return resolveIssuer(name, one, path, report, asked);
  });
  if (named.has(SELF)) {
    const message = `an issuer cannot be called \`${SELF}\`, which is the gateway itself; choose another name`;
    report.unknownKey(['issuers', SELF], message, undefined);
  }
  // Known also where it is at fault: a route that names it is none.
  const self = oauth2 && selfIssuer(oauth2, report.placeOf(['oauth2']));
  const issuers = value.oauth2 === undefined ? named : new Map([...named, [SELF, self] as const]);
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
  reportIdentityEdits(value.routes ?? [], report);
  reportKeySetDifferences(
    [
      ...[...issuers].flatMap(([name, issuer]) => (issuer ? [{ issuer, path: ['issuers', name] }] : [])),
      ...readings.flatMap(({ path, route }) =>
        (route?.auth?.issuers ?? []).map((issuer) => ({ issuer, path: [...path, 'auth'] })),
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
    if (self !== undefined) around.issuers.find(SELF, ['oauth2']);
    for (const known of [around.issuers, around.upstreams, around.limits]) known.reportUnused();
  }

  const routes = readings.flatMap(({ route }) => route ?? []);
  reportTakenPaths({ routes, oauth2 }, surroundings);
  if (value.scopes !== undefined) reportScopes(value.scopes, { routes, oauth2 }, surroundings);
  return {
    file,
    ...resolveListeners(value, surroundings),
    tls: value.tls && resolveEdgeTls(value.tls, surroundings),
    trustedProxies: resolveBlocks(value.trusted_proxies, ['trusted_proxies'], report),
    ipv6Prefix: value.ipv6_prefix,
    limits: resolveWireLimits(value.limits, report),
    timeouts: resolveTimeouts(value.timeouts),
    overload: {
      eventLoopDelayMs: durationMs(value.overload.event_loop_delay),
      memory: ratioOf(value.overload.memory),
    },
    drain: { delayMs: durationMs(value.drain.delay), timeoutMs: durationMs(value.drain.timeout) },
    oauth2,
    scopes: value.scopes && scopesOf(value.scopes),
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
    tests: resolveTests(value.tests, report),
    log: resolveLog(value.log, routes),
  };
}

/** A description that is at fault leaves its scope known. */
function scopesOf(value: ScopesDeclared): ReadonlyMap<string, string> {
  return new Map(Object.entries(value).map(([scope, description]) => [scope, description ?? '']));
}

function resolveNamed<V, T>(
  values: Readonly<Record<string, V | undefined>>,
  resolve: (name: string, value: V) => T | undefined,
): ReadonlyMap<string, T | undefined> {
  return new Map(
    Object.entries(values).map(([name, value]) => [name, value === undefined ? undefined : resolve(name, value)]),
  );
}
