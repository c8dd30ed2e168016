/** The table that `gatehouse check` prints: a line a route, for eyes that look for the one without a check. */
import type { RouteSummary } from '../config/summary.ts';
import { columns } from './print.ts';

const HEADINGS = ['ROUTE', 'METHODS', 'KIND', 'AUTH', 'RATE LIMITS', 'UPSTREAM', 'CORS'];

export function formatRoutes(routes: readonly RouteSummary[]): string {
  return columns(HEADINGS, routes.map(rowOf));
}

function rowOf(route: RouteSummary): readonly string[] {
  const place = `${route.hosts.join(',')}${route.path}`;
  return [
    route.name.endsWith(place) ? place : `${place} (${route.name})`,
    route.methods.join(',') || 'any',
    route.kind,
    route.auth === null
      ? 'none'
      : [route.auth.issuers.join(' or '), ...Object.entries(route.auth.scopes).map(scopesCell)].join(' '),
    route.rate_limits.map(limitCell).join(', ') || 'none',
    route.upstream,
    route.cors?.join(',') ?? 'none',
  ];
}

function scopesCell([method, { all_of, any_of }]: readonly [
  string,
  { all_of: readonly string[]; any_of: readonly string[] },
]): string {
  const needed = [...all_of, ...(any_of.length > 0 ? [any_of.join('|')] : [])].join('+');
  return method === '*' ? needed : `${method}:${needed}`;
}

function limitCell({ by, quota, plans, mode }: RouteSummary['rate_limits'][number]): string {
  const amount =
    plans === null
      ? quota
      : Object.entries(plans)
          .map(([plan, one]) => `${plan} ${one}`)
          .join(' | ');
  return `${amount} by ${by}${mode === 'observe' ? ' (observe)' : ''}`;
}
