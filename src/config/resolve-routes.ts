/**
 * Routes: everything about one gathered from its text, from its kind, and from
 * what it names. Every check is made whatever the others found.
 */
import type { CorsConfig, IssuerConfig, RouteConfig, RouteKind, RoutePriority, UpstreamConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import { hostFault, pathFault } from './patterns.ts';
import type { References } from './references.ts';
import { reportHashWithoutToken } from './resolve-balance.ts';
import { type ResolvedAuth, resolveAuth } from './resolve-auth.ts';
import { resolveCors } from './resolve-cors.ts';
import { resolvePlugins } from './resolve-plugins.ts';
import { resolveTotal } from './resolve-total.ts';
import { resolveStreaming, resolveUpgrade } from './resolve-upgrade.ts';
import { type KnownLimit, resolveRouteLimits } from './resolve-route-limits.ts';
import type { RouteValue } from './schema-route.ts';
import { sizeBytes } from './units.ts';

/** What a route can name or has by default. */
export interface Surroundings {
  readonly issuers: References<IssuerConfig>;
  readonly upstreams: References<UpstreamConfig>;
  readonly limits: References<KnownLimit>;
  readonly cors: CorsConfig | undefined;
  /** Whether callers are asked for one at all. */
  readonly clientCertificates: boolean;
  readonly bodyBytes: number;
  readonly totalMs: number;
}

/** A route as far as it could be read; what else is wrong with it does not matter to whether two are the same. */
export interface RouteReading {
  readonly path: Path;
  readonly pattern: Pick<RouteConfig, 'path' | 'hosts' | 'methods'> | undefined;
  readonly route: RouteConfig | undefined;
}

export function resolveRoute(value: RouteValue, index: number, around: Surroundings, report: Report): RouteReading {
  const path: Path = ['routes', index];
  const guarded = value.auth !== undefined && value.auth !== 'none';
  const kind = resolveKind(value, path, report);
  const { auth, methods } = resolveAuthOrNone(value, path, around, report);
  const hosts = resolveHosts(value, path, report);
  const routePath = resolvePath(value, path, report);
  const name = value.name ?? [methods.join(','), hosts.join(',') + (routePath ?? '')].filter(Boolean).join(' ');
  const upstream = resolveUpstreamName(value, path, around, report);
  if (upstream !== undefined && value.auth === 'none') {
    reportHashWithoutToken(upstream, [...path, 'upstream'], report);
  }
  const rateLimits = resolveRouteLimits(
    value.rate_limit,
    { name, kind, kindWritten: value.kind !== undefined, guarded, path },
    around.limits,
    report,
  );
  const cors = resolveRouteCors(value, auth, around.cors, { path, report });
  const clientCertificate = resolveClientCertificate(value, path, around, report);
  const plugins = resolvePlugins(
    value.plugins ?? [],
    { token: value.auth !== 'none', certificate: around.clientCertificates },
    [...path, 'plugins'],
    report,
  );
  const route: Omit<RouteConfig, 'path' | 'kind' | 'upstream'> = {
    name,
    hosts,
    methods,
    auth,
    clientCertificate,
    rateLimits,
    cors,
    maxBodyBytes: value.max_body === undefined ? around.bodyBytes : sizeBytes(value.max_body),
    priority: resolvePriority(value.priority, kind, path, report),
    totalMs: resolveTotal(value, around.totalMs, upstream, { path, report }),
    streaming: resolveStreaming(value, path, report),
    webSocket: resolveUpgrade(value, { methods, auth, cors, clientCertificate, plugins }, path, report),
    stripPrefix: resolveStripPrefix(value, path, report),
    rewrite: resolveRewrite(value, path, report),
    plugins,
    place: report.placeOf(path),
  };
  const patterned =
    routePath !== undefined && !['host', 'hosts', 'methods'].some((key) => report.isFaulty([...path, key]));
  return {
    path,
    pattern: patterned ? { path: routePath, hosts, methods } : undefined,
    route:
      routePath !== undefined && kind !== undefined && upstream !== undefined
        ? { ...route, path: routePath, kind, upstream }
        : undefined,
  };
}

function resolveKind(value: RouteValue, path: Path, report: Report): RouteKind | undefined {
  if (value.kind !== undefined) return value.kind;
  const stated = (key: 'auth' | 'rate_limit') => value[key] !== undefined || report.isFaulty([...path, key]);
  if (report.isFaulty([...path, 'kind'])) return undefined;
  if (stated('auth') && stated('rate_limit')) return 'public';
  report.error(
    [...path, 'kind'],
    'the route has no `kind`, and not both `auth` and `rate_limit`; write `kind: authentication`, `public`, `internal` or `operations`',
  );
  return undefined;
}

function resolveAuthOrNone(value: RouteValue, path: Path, around: Surroundings, report: Report): ResolvedAuth {
  const at = [...path, 'auth'];
  const methods = [...new Set((value.methods ?? []).filter((method) => method !== undefined))];
  if (value.methods?.length === 0)
    report.error([...path, 'methods'], '`methods` is an empty list; name some, or leave the key out for all');
  if (value.auth === undefined) {
    report.error(at, 'the route has no `auth`; write `auth: { issuer: NAME }`, or `auth: none` to let everybody in');
  }
  if (value.auth === undefined || value.auth === 'none') return { auth: undefined, methods };
  return resolveAuth(value.auth, methods, { path: at, issuers: around.issuers, report });
}

function resolveClientCertificate(
  { client_certificate: value }: RouteValue,
  path: Path,
  around: Surroundings,
  report: Report,
): RouteConfig['clientCertificate'] {
  if (value === undefined) return undefined;
  const at = [...path, 'client_certificate'];
  if (value.length === 0) {
    report.error(at, '`client_certificate` is an empty list; write `required` for any certificate, or name some');
  } else if (!around.clientCertificates) {
    report.error(
      at,
      'nobody is asked for a certificate, so nobody could call; write `tls: { client_certificates: { mode: optional, ca: FILE } }`',
    );
  }
  return value === 'required' ? [] : value.filter((name) => name !== undefined);
}

function resolveHosts(value: RouteValue, path: Path, report: Report): readonly string[] {
  if (value.host !== undefined && value.hosts !== undefined) {
    report.error([...path, 'host'], '`host` and `hosts` stand side by side; keep one of them');
  }
  if (value.hosts?.length === 0)
    report.error([...path, 'hosts'], '`hosts` is an empty list; name some, or leave the key out for all');
  const written = value.hosts?.map((host, index) => ({ host, at: [...path, 'hosts', index] })) ?? [
    { host: value.host, at: [...path, 'host'] },
  ];
  const hosts = written.flatMap(({ host, at }) => {
    if (host === undefined) return [];
    const fault = hostFault(host.toLowerCase());
    if (fault !== undefined) report.error(at, `the host ${report.written(at)} cannot be used; ${fault}`);
    return [host.toLowerCase()];
  });
  return [...new Set(hosts)];
}

function resolvePath(value: RouteValue, path: Path, report: Report): string | undefined {
  const at = [...path, 'path'];
  if (value.path === undefined) {
    report.error(at, 'the route has no `path`; write `path: /api/v1/*`');
    return undefined;
  }
  const fault = pathFault(value.path);
  if (fault === undefined) return value.path;
  report.error(at, `the path ${report.written(at)} cannot be used; ${fault}`);
  return undefined;
}

function resolveUpstreamName(
  value: RouteValue,
  path: Path,
  around: Surroundings,
  report: Report,
): UpstreamConfig | undefined {
  const at = [...path, 'upstream'];
  if (value.upstream !== undefined) return around.upstreams.find(value.upstream, at);
  report.error(at, 'the route has no `upstream`; write the name of one of `upstreams`');
  return undefined;
}

function resolveRouteCors(
  value: RouteValue,
  auth: RouteConfig['auth'],
  fallback: CorsConfig | undefined,
  { path, report }: { readonly path: Path; readonly report: Report },
): CorsConfig | undefined {
  if (value.cors === 'none') return undefined;
  const at = value.cors === undefined ? ['cors'] : [...path, 'cors'];
  const cors = value.cors === undefined ? fallback : resolveCors(value.cors, at, report);
  if (cors !== undefined && auth?.source.in === 'header' && !cors.headers.includes(auth.source.name)) {
    report.warning(
      [...at, 'headers'],
      `pages may not send \`${auth.source.name}\`, where the tokens of a route stand; write \`headers: [${auth.source.name}]\``,
    );
  }
  return cors;
}

function resolveStripPrefix(value: RouteValue, path: Path, report: Report): string | undefined {
  const prefix = value.strip_prefix;
  if (prefix === undefined) return undefined;
  const at = [...path, 'strip_prefix'];
  const fault = pathFault(prefix, true);
  if (fault !== undefined) report.error(at, `the prefix ${report.written(at)} cannot be used; ${fault}`);
  else if (prefix === '/' || prefix.endsWith('/')) {
    report.error(at, `the prefix ${report.written(at)} ends in a slash; write whole segments, as in \`/api\``);
  } else if (value.path !== undefined && !`${value.path}/`.startsWith(`${prefix}/`)) {
    report.error(
      at,
      `the prefix ${report.written(at)} is not the front of the path; write whole segments that \`path\` begins with`,
    );
  }
  return prefix;
}

function resolveRewrite(value: RouteValue, path: Path, report: Report): string | undefined {
  if (value.rewrite === undefined) return undefined;
  const at = [...path, 'rewrite'];
  const fault = pathFault(value.rewrite, true);
  if (fault !== undefined) report.error(at, `the rewrite ${report.written(at)} cannot be used; ${fault}`);
  return value.rewrite;
}

function resolvePriority(
  written: RoutePriority | undefined,
  kind: RouteKind | undefined,
  path: Path,
  report: Report,
): RoutePriority {
  if (written !== undefined && kind === 'operations') {
    report.error(
      [...path, 'priority'],
      'a route of operations is never refused, so it has no `priority`; leave it out',
    );
  }
  return written ?? (kind === 'authentication' ? 'high' : 'normal');
}
