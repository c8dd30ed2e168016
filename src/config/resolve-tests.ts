/**
 * Policy tests as they are run: times in milliseconds, and every expectation
 * with its own place, so that one that fails is found in the file. Whether a
 * limit or a route of that name exists is said when a test is run: tests may
 * stand in a file of their own.
 */
import type { RefusalCode, TokenFault } from '../refusal.ts';
import { readBlock } from './addresses.ts';
import type { Place } from './config.ts';
import type { Path, Report } from './faults.ts';
import type { PolicyTestValue } from './schema-tests.ts';
import { DURATION, durationMs, sizeBytes } from './units.ts';

export interface PolicyTest {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly scheme: 'http' | 'https';
    readonly host: string;
    /** Path and query. */
    readonly path: string;
    readonly headers: readonly (readonly [name: string, value: string])[];
    readonly bodyBytes: number;
    readonly address: string;
  };
  /** Absent: no token. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  /** Wall clock. */
  readonly atMs: number;
  readonly repeat: number;
  readonly everyMs: number;
  readonly upstream: {
    readonly status: number;
    readonly headers: readonly (readonly [name: string, value: string])[];
  };
  readonly expectations: readonly Expectation[];
}

/** `null`: that there is none. */
export type Expectation = { readonly place: Place } & (
  | { readonly what: 'status'; readonly wanted: number }
  | { readonly what: 'code'; readonly wanted: RefusalCode }
  | { readonly what: 'reason'; readonly wanted: TokenFault }
  | { readonly what: 'route'; readonly wanted: string }
  | { readonly what: 'headers_to_service' | 'headers_to_caller'; readonly name: string; readonly wanted: string | null }
  | { readonly what: 'quota_left'; readonly name: string; readonly wanted: number }
);

export function resolveTests(values: readonly (PolicyTestValue | undefined)[], report: Report): readonly PolicyTest[] {
  return values.flatMap((value, index) => (value && resolveTest(value, ['tests', index], report)) ?? []);
}

function resolveTest(value: PolicyTestValue, path: Path, report: Report): PolicyTest | undefined {
  const { request, upstream } = value;
  if (request?.path === undefined) {
    report.error(path, 'a test needs a request; write `request: { path: /orders }`');
    return undefined;
  }
  if (typeof readBlock(request.address) === 'string' || request.address.includes('/'))
    report.error([...path, 'request', 'address'], 'this is no IP address; write one as in `203.0.113.7`');
  const atMs = Date.parse(value.at);
  if (Number.isNaN(atMs))
    report.error([...path, 'at'], 'there is no such time; write one as in `2026-11-24T16:30:00Z`');
  const expectations = expectationsOf(value.expect ?? {}, [...path, 'expect'], report);
  if (expectations.length === 0)
    report.error(path, 'this test expects nothing; write what should come of it, as in `expect: { status: 200 }`');
  return {
    name: value.name ?? `${request.method} ${request.path}`,
    request: {
      ...request,
      path: request.path,
      headers: fieldsOf(request.headers),
      bodyBytes: sizeBytes(request.body),
    },
    claims: value.claims && Object.fromEntries(Object.entries(value.claims).map((claim) => timedClaim(claim, atMs))),
    atMs,
    repeat: value.repeat,
    everyMs: durationMs(value.every),
    upstream: { status: upstream.status, headers: fieldsOf(upstream.headers) },
    expectations,
  };
}

function expectationsOf(
  value: NonNullable<PolicyTestValue['expect']>,
  path: Path,
  report: Report,
): readonly Expectation[] {
  const { status, code, reason, route } = value;
  const place = (...below: Path): Place => report.placeOf([...path, ...below]);
  const all: Expectation[] = [];
  if (status !== undefined) all.push({ what: 'status', wanted: status, place: place('status') });
  if (code !== undefined) all.push({ what: 'code', wanted: code, place: place('code') });
  if (reason !== undefined) all.push({ what: 'reason', wanted: reason, place: place('reason') });
  if (route !== undefined) all.push({ what: 'route', wanted: route, place: place('route') });
  for (const what of ['headers_to_service', 'headers_to_caller'] as const) {
    for (const [name, wanted] of Object.entries(value[what] ?? {}))
      all.push({ what, name, wanted, place: place(what, name) });
  }
  for (const [name, wanted] of Object.entries(value.quota_left ?? {}))
    all.push({ what: 'quota_left', name, wanted, place: place('quota_left', name) });
  return all;
}

const TIMES = new Set(['exp', 'nbf', 'iat']);

/** A duration in the place of a time counts from `atMs`: no test is read with a calendar in hand. */
function timedClaim([name, value]: readonly [string, unknown], atMs: number): readonly [string, unknown] {
  if (!TIMES.has(name) || typeof value !== 'string') return [name, value];
  const before = value.startsWith('-');
  const duration = before ? value.slice(1) : value;
  if (!DURATION.test(duration)) return [name, value];
  return [name, Math.floor((atMs + (before ? -1 : 1) * durationMs(duration)) / 1000)];
}

/** What was at fault was cut out. */
function fieldsOf(fields: Readonly<Record<string, string | undefined>>): readonly (readonly [string, string])[] {
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
