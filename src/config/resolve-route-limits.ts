/**
 * The limits of a route, written or come with its kind. The kinds are tiers: a
 * sign-in is limited by address, a public route by caller, an internal one is
 * measured, and a probe of operations is never refused.
 */
import type { RateLimitConfig, RouteKind } from './config.ts';
import type { Path, Report } from './faults.ts';
import type { References } from './references.ts';
import { resolveLimit } from './resolve-limits.ts';
import type { LimitValue } from './schema-limits.ts';
import type { LimitsOfRouteValue } from './schema-route.ts';

/** A limit and whether its `mode` was written, which a kind then does not change. */
export interface KnownLimit {
  readonly limit: RateLimitConfig;
  readonly modeWritten: boolean;
  /** The same, observed: for internal routes. */
  readonly observed: RateLimitConfig;
}

export function knownLimit(name: string, value: LimitValue, path: Path, report: Report): KnownLimit | undefined {
  const limit = resolveLimit(name, value, path, report);
  // Counted apart, so its name is another: two limits of one name would share counters and metrics.
  const observed = limit && { ...limit, name: `${name} (observe)`, mode: 'observe' as const };
  return limit && observed && { limit, observed, modeWritten: value.mode !== undefined };
}

export interface LimitedRoute {
  readonly name: string;
  /** `undefined` where the kind itself is at fault: then none of its rules are asked. */
  readonly kind: RouteKind | undefined;
  readonly kindWritten: boolean;
  readonly guarded: boolean;
  readonly path: Path;
}

export function resolveRouteLimits(
  value: LimitsOfRouteValue,
  route: LimitedRoute,
  limits: References<KnownLimit>,
  report: Report,
): readonly RateLimitConfig[] {
  const at: Path = [...route.path, 'rate_limit'];
  if (value === undefined || value === 'none') {
    if (report.isFaulty(at)) return [];
    return withoutLimit(value, route, at, report);
  }
  const listed = Array.isArray(value) ? value.map((one, index) => ({ one, at: [...at, index] })) : [{ one: value, at }];
  if (listed.length === 0) report.error(at, '`rate_limit` is an empty list; write `none`, or a limit');
  const found = listed.flatMap(({ one, at: place }, index) => {
    if (one === undefined) return [];
    if (one === 'none') {
      report.error(place, '`none` stands in a list of limits; write it alone, or take it out');
      return [];
    }
    const known =
      typeof one === 'string' ? limits.find(one, place) : knownLimit(`${route.name} #${index + 1}`, one, place, report);
    if (known === undefined) return [];
    const limit = route.kind === 'internal' && !known.modeWritten ? known.observed : known.limit;
    return [{ limit, at: place }];
  });
  for (const [index, { limit, at: place }] of found.entries()) {
    if (found.findIndex((other) => other.limit === limit) < index) {
      report.error(
        place,
        `the limit ${report.written(place)} is listed twice, and every request would count twice; keep one`,
      );
    }
  }
  for (const { limit, at: place } of found) checkAgainstKind(limit, route, place, report);
  return found.map(({ limit }) => limit);
}

function withoutLimit(
  value: 'none' | undefined,
  route: LimitedRoute,
  at: Path,
  report: Report,
): readonly RateLimitConfig[] {
  const said = value === undefined ? 'the route has no `rate_limit`' : '`rate_limit` is `none`';
  const common = { plans: undefined, subWindows: 10, place: report.placeOf(route.path) };
  switch (route.kind) {
    case 'authentication':
      if (value === undefined) {
        const quota = { requests: 10, windowMs: 60_000 };
        return [{ ...common, name: `${route.name} #authentication`, by: { kind: 'address' }, quota, mode: 'enforce' }];
      }
      report.error(
        at,
        `${said} on an authentication route, where passwords can be tried; write \`{ quota: 10/min, by: address }\`, or leave it out for that`,
      );
      return [];
    case 'public':
      report.error(
        at,
        `${said}, but a public route${route.kindWritten ? '' : ' (no `kind` says otherwise)'} needs one; write \`rate_limit: { quota: 100/min, by: user }\`, which counts addresses where there is no token`,
      );
      return [];
    case 'internal':
      if (value === undefined) {
        const quota = { requests: 1000, windowMs: 60_000 };
        return [{ ...common, name: `${route.name} #internal`, by: { kind: 'client' }, quota, mode: 'observe' }];
      }
      return [];
    case 'operations':
    case undefined:
      break;
  }
  return [];
}

function checkAgainstKind(limit: RateLimitConfig, { kind, guarded }: LimitedRoute, at: Path, report: Report): void {
  if (kind === 'operations') {
    report.error(
      at,
      'a route of operations must not be limited: a probe that is refused takes a good service down; write `rate_limit: none`',
    );
  } else if (kind === 'authentication' && (limit.by.kind !== 'address' || limit.plans !== undefined)) {
    report.error(
      at,
      'a limit of an authentication route must count addresses: its callers are not known yet; write `by: address` and `quota`',
    );
  } else if (!guarded && (limit.plans !== undefined || limit.by.kind === 'client' || limit.by.kind === 'claim')) {
    report.warning(
      at,
      'the limit needs a token, but the route has `auth: none`: every caller counts by address and has the default plan; write `auth`, or a `quota` `by: address`',
    );
  }
}
