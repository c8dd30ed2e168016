/** A record of the trail as a row, and a query as a condition. */
import { numberOf, optionalText, type SqlRow, type SqlValue, textOf } from './sql.ts';
import type { PlacedRecord, TrailEvent, TrailQuery, TrailRecord } from './store.ts';

export const TRAIL_COLUMNS =
  'writer, sequence, hash, at, kind, client, subject, jti, issuer, scopes, route, method, upstream, status, refusal, duration_ms, request_id, traceparent, done_by, detail';

export type TrailRow = readonly [writer: string, sequence: number, hash: string, ...event: SqlValue[]];

export function rowOf({ writer, sequence, hash, event }: TrailRecord): TrailRow {
  return [
    writer,
    sequence,
    hash,
    event.at,
    event.kind,
    event.client ?? null,
    event.subject ?? null,
    event.jti ?? null,
    event.issuer ?? null,
    event.scopes === undefined ? null : JSON.stringify(event.scopes),
    event.route ?? null,
    event.method ?? null,
    event.upstream ?? null,
    event.status ?? null,
    event.refusal ?? null,
    event.durationMs ?? null,
    event.requestId ?? null,
    event.traceparent ?? null,
    event.by ?? null,
    event.detail ?? null,
  ];
}

export function recordFrom(row: SqlRow): PlacedRecord {
  const event: Record<string, unknown> = { at: numberOf(row, 'at'), kind: textOf(row, 'kind') };
  const texts = [
    'client',
    'subject',
    'jti',
    'issuer',
    'route',
    'method',
    'upstream',
    'refusal',
    'traceparent',
    'detail',
  ];
  for (const name of texts) put(name, optionalText(row[name]));
  put('requestId', optionalText(row.request_id));
  put('by', optionalText(row.done_by));
  put('status', optionalNumber(row.status));
  put('durationMs', optionalNumber(row.duration_ms));
  put('scopes', scopesFrom(row.scopes));
  return {
    writer: textOf(row, 'writer'),
    sequence: numberOf(row, 'sequence'),
    event: event as unknown as TrailEvent,
    hash: textOf(row, 'hash'),
    position: numberOf(row, 'position'),
  };

  function put(name: string, value: unknown): void {
    if (value !== undefined) event[name] = value;
  }
}

/** What is no list, because someone changed it, is one scope that no token has: `verify` then says so. */
export function scopesFrom(value: SqlValue | undefined): readonly string[] | undefined {
  const text = optionalText(value);
  if (text === undefined) return undefined;
  try {
    const scopes: unknown = JSON.parse(text);
    if (Array.isArray(scopes)) return scopes.map(String);
  } catch {
    // As below.
  }
  return [`not a list: ${text}`];
}

function optionalNumber(value: SqlValue | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** `time` is the column of times as the condition names it: `+at` keeps its index out where rows are wanted by position. */
export function conditionOf(query: TrailQuery, time: 'at' | '+at'): Condition {
  const parts: string[] = ['1 = 1'];
  const values: SqlValue[] = [];
  function where(sql: string, ...more: readonly (SqlValue | undefined)[]): void {
    if (more.includes(undefined)) return;
    parts.push(sql);
    values.push(...(more as readonly SqlValue[]));
  }
  where('client = ?', query.client);
  where('route = ?', query.route);
  where('refusal = ?', query.refusal);
  where(`${time} >= ?`, query.since);
  where(`${time} <= ?`, query.until);
  where('position > ?', query.after);
  if (query.refusedOnly === true) parts.push('refusal IS NOT NULL');
  if (query.kinds !== undefined) {
    where(query.kinds.length === 0 ? '1 = 0' : `kind IN (${query.kinds.map(() => '?').join(', ')})`, ...query.kinds);
  }
  return { sql: parts.join(' AND '), values };
}
