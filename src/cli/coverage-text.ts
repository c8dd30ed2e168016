/**
 * The coverage matrix that `gatehouse check` prints: what protects each route,
 * in three tables that fit a terminal of 100 columns. For eyes that go down a
 * column and look for the one route without.
 */
import type { RouteSummary } from '../config/summary.ts';
import { formatDuration, formatSize } from '../config/units.ts';
import { narrowColumns } from './narrow-columns.ts';

export const COLUMNS = 100;

type TokenSummary = NonNullable<RouteSummary['auth']>['tokens'][number];
type Table = readonly (readonly [heading: string, cell: (route: RouteSummary) => string])[];

const WHO: Table = [
  ['ROUTE', nameOf],
  ['KIND', ({ kind }) => kind],
  ['ISSUER', issuerCell],
  ['AUDIENCE', ofTokens(({ audiences }) => audiences.join(' ') || 'any')],
  ['EXPIRY', ofTokens(({ max_lifetime_ms: max }) => (max === null ? 'checked' : `within ${formatDuration(max)}`))],
  ['KEYS', ofTokens(({ key_set_ttl_ms }) => formatDuration(key_set_ttl_ms))],
  ['SKEW', ofTokens(({ clock_skew_ms }) => formatDuration(clock_skew_ms))],
];
const WHAT: Table = [
  ['ROUTE', nameOf],
  ['SCOPES', ({ auth }) => (auth === null ? '-' : Object.entries(auth.scopes).map(scopesCell).join('\n') || 'none')],
  ['CLAIMS TO HEADERS', ({ claim_headers }) => claim_headers.join(' ') || '-'],
  ['TOKEN', ({ auth, passes_token_on }) => (auth === null ? '-' : passes_token_on ? 'PASSED ON' : 'taken out')],
  ['CORS', ({ cors }) => cors?.join('\n') ?? 'none'],
];
const HOW_MUCH: Table = [
  ['ROUTE', nameOf],
  ['LIMITS', ({ rate_limits }) => rate_limits.map(limitCell).join('\n') || 'none'],
  ['UPSTREAM', ({ upstream }) => upstream],
  ['BREAKER', breakerCell],
  ['CONNECT', ({ timeouts }) => formatDuration(timeouts.connect_ms)],
  ['REPLY', ({ timeouts }) => formatDuration(timeouts.response_ms)],
  ['TOTAL', ({ timeouts }) => (timeouts.total_ms === null ? 'none' : formatDuration(timeouts.total_ms))],
  ['BODY', ({ max_body_bytes }) => formatSize(max_body_bytes)],
];

export function formatCoverage(routes: readonly RouteSummary[]): string {
  const tables = [WHO, WHAT, HOW_MUCH].map((table) =>
    narrowColumns(
      table.map(([heading]) => heading),
      routes.map((route) => table.map(([, cell]) => cell(route))),
      COLUMNS,
    ),
  );
  const stripped = new Set(routes.flatMap((route) => route.claim_headers));
  if (stripped.size > 0) tables.push(`Taken out of every request: ${[...stripped].join(', ')}\n`);
  return tables.join('\n');
}

/** Methods, hosts and path, with the route's own name before them if it has one. */
function nameOf({ name, methods, hosts, path }: RouteSummary): string {
  const pattern = [methods.join(','), hosts.join(',') + path].filter(Boolean).join(' ');
  // Many hosts may be broken over lines.
  const shown = hosts.length > 1 ? [methods.join(','), ...hosts, path].filter(Boolean).join(' ') : pattern;
  return name === pattern ? shown : `${name}: ${shown}`;
}

function issuerCell({ auth, client_certificate: names }: RouteSummary): string {
  const certificate = names === null ? [] : [`certificate ${names.join('|')}`.trim()];
  return [...certificate, ...(auth === null ? [] : [auth.issuers.join(' or ')])].join(' + ') || 'none';
}

function ofTokens(cell: (token: TokenSummary) => string): (route: RouteSummary) => string {
  return ({ auth }) => (auth === null ? '-' : [...new Set(auth.tokens.map(cell))].join('\n'));
}

function breakerCell({ circuit_breaker: breaker }: RouteSummary): string {
  if (breaker === null) return 'OFF';
  const row = breaker.consecutive_failures === null ? '' : `${breaker.consecutive_failures} or `;
  return `${row}${breaker.failure_rate * 100}%`;
}

function scopesCell([method, { all_of, any_of }]: readonly [
  string,
  { all_of: readonly string[]; any_of: readonly string[] },
]): string {
  const needed = [...all_of, ...(any_of.length > 0 ? [any_of.join('|')] : [])].join(' + ');
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
