/**
 * What changes for security from one configuration to another, in sentences.
 * Routes are the same where their hosts and path are; what is new is judged by
 * who could call the same path before.
 */
import type { Config, IssuerConfig, RouteConfig, UpstreamConfig } from '../config/config.ts';
import { isLoopback } from '../config/addresses.ts';
import { createRouteTable } from '../route/table.ts';
import { type Change, type Changes, changesOf } from './change.ts';
import { diffRoute } from './diff-route.ts';
import { DURATION_FORM, GUARD_FORM, PERMISSION_FORM, QUOTA_FORM } from './value-forms.ts';

export function diffConfigs(before: Config, after: Config): readonly Change[] {
  const changes: Change[] = [];
  diffEdge(before, after, changes);
  const subjects = (kind: string) => (name: string) => changesOf(`${kind} ${name}`, changes);
  matched([before.issuers, after.issuers], subjects('issuer'), diffIssuer);
  matched([before.upstreams, after.upstreams], subjects('upstream'), diffUpstream);
  diffRoutes(before, after, changes);
  return changes;
}

/** What is new or gone of these shows at the routes that use it. */
function matched<T extends { readonly name: string }>(
  [before, after]: readonly [readonly T[], readonly T[]],
  subject: (name: string) => Changes,
  compare: (before: T, after: T, changes: Changes) => void,
): void {
  for (const one of after) {
    const old = before.find(({ name }) => name === one.name);
    if (old !== undefined) compare(old, one, subject(one.name));
  }
}

function diffEdge(before: Config, after: Config, into: Change[]): void {
  const edge = changesOf('the gateway', into);
  const pair = <T>(of: (config: Config) => T): readonly [T, T] => [of(before), of(after)];
  edge.value(
    'TLS',
    pair(({ tls }) => tls !== undefined),
    GUARD_FORM,
  );
  if (before.tls !== undefined && after.tls !== undefined) {
    edge.value('least TLS version', [before.tls.minVersion, after.tls.minVersion], {
      text: (version) => version,
      isWeaker: (old, now) => now < old,
    });
    const asks = pair(({ tls }) => tls?.clientCertificates?.required === true);
    edge.value('client certificates required', asks, GUARD_FORM);
  }
  edge.set(
    'trusted proxy',
    pair(({ trustedProxies }) => trustedProxies),
    'stronger',
  );
  edge.value(
    'limit of failed authentications',
    pair(({ failedAuthentications }) => failedAuthentications?.quota),
    QUOTA_FORM,
  );
  edge.value(
    'HTTP/2 in cleartext',
    pair(({ http2 }) => http2.cleartext),
    PERMISSION_FORM,
  );
  edge.value(
    'admin port on loopback',
    pair(({ admin }) => isLoopback(admin.listen.host)),
    GUARD_FORM,
  );
  edge.value(
    'authorization server',
    pair(({ oauth2 }) => oauth2 !== undefined),
    PERMISSION_FORM,
  );
  if (before.oauth2 !== undefined && after.oauth2 !== undefined) {
    edge.value('lifetime of its tokens', [before.oauth2.tokenTtlMs, after.oauth2.tokenTtlMs], DURATION_FORM);
    for (const client of after.oauth2.clients) {
      const old = before.oauth2.clients.find(({ id }) => id === client.id);
      changesOf(`client ${client.id}`, into).set('scope', [old?.scopes ?? [], client.scopes], 'stronger');
    }
  }
}

function diffIssuer(before: IssuerConfig, after: IssuerConfig, changes: Changes): void {
  if (before.issuer !== after.issuer) changes.add('neutral', `is ${after.issuer} in place of ${before.issuer}`);
  if (before.jwksUri !== after.jwksUri) changes.add('neutral', `takes its keys from ${after.jwksUri ?? 'nowhere'}`);
  changes.value(
    'introspection',
    [before.introspection !== undefined, after.introspection !== undefined],
    PERMISSION_FORM,
  );
  if (before.audiences.length > 0 && after.audiences.length === 0)
    changes.add('weaker', 'takes tokens for any audience');
  else if (before.audiences.length === 0 && after.audiences.length > 0) {
    changes.add('stronger', `takes tokens for ${after.audiences.join(' or ')} alone`);
  } else changes.set('audience', [before.audiences, after.audiences], 'stronger');
  changes.set('algorithm', [before.algorithms, after.algorithms], 'stronger');
  changes.value('clock skew', [before.clockSkewMs, after.clockSkewMs], DURATION_FORM);
  changes.value('key-set TTL', [before.jwksTtlMs, after.jwksTtlMs], DURATION_FORM);
  changes.value('longest token lifetime', [before.maxTokenLifetimeMs, after.maxTokenLifetimeMs], DURATION_FORM);
}

function diffUpstream(before: UpstreamConfig, after: UpstreamConfig, changes: Changes): void {
  changes.set('target', [urlsOf(before), urlsOf(after)], 'neutral');
  changes.value('TLS to every target', [isEncrypted(before), isEncrypted(after)], GUARD_FORM);
  changes.value('verification', [before.tls?.verify !== false, after.tls?.verify !== false], GUARD_FORM);
  changes.value(
    'circuit breaker',
    [before.circuitBreaker !== undefined, after.circuitBreaker !== undefined],
    GUARD_FORM,
  );
}

function urlsOf({ targets }: UpstreamConfig): readonly string[] {
  return targets.map(({ tls, host, port, basePath }) => `${tls ? 'https' : 'http'}://${host}:${port}${basePath}`);
}

function isEncrypted({ targets }: UpstreamConfig): boolean {
  return targets.every(({ tls }) => tls);
}

function diffRoutes(before: Config, after: Config, into: Change[]): void {
  const left = new Set(before.routes);
  const fresh: RouteConfig[] = [];
  const pairs: (readonly [RouteConfig, RouteConfig])[] = [];
  const take = (route: RouteConfig, fits: (old: RouteConfig) => boolean): boolean => {
    const old = [...left].find((one) => placeOf(one) === placeOf(route) && fits(one));
    if (old === undefined) return false;
    left.delete(old);
    pairs.push([old, route]);
    return true;
  };
  // Those with the same methods first: what is left at a path has changed them.
  const changed = after.routes.filter((route) => !take(route, (old) => methodsKey(old) === methodsKey(route)));
  for (const route of changed) if (!take(route, () => true)) fresh.push(route);
  for (const [old, now] of pairs) diffRoute(old, now, changesOf(now.name, into));
  const served = createRouteTable(before.routes.map((route) => ({ ...route, value: route })));
  for (const route of fresh) {
    const match = served.find(route.hosts[0] ?? '', route.methods[0] ?? 'GET', route.path.replace(/\*$/, ''));
    const old = match.kind === 'route' ? match.route : undefined;
    const changes = changesOf(route.name, into);
    if (old === undefined) changes.add(route.auth === undefined ? 'weaker' : 'neutral', newcomer(route));
    else {
      changes.add('neutral', `is new; ${old.name} served it`);
      diffRoute({ ...old, methods: route.methods }, route, changes);
    }
  }
  for (const route of left) changesOf(route.name, into).add('neutral', 'is gone');
}

function placeOf({ hosts, path }: RouteConfig): string {
  return `${hosts.toSorted().join(',')}${path}`;
}

function methodsKey({ methods }: RouteConfig): string {
  return methods.toSorted().join();
}

function newcomer({ auth, rateLimits }: RouteConfig): string {
  const limits = rateLimits.length === 0 ? ', without a limit' : '';
  return auth === undefined ? `is new and open to everybody${limits}` : `is new${limits}`;
}
