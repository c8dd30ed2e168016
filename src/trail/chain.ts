/**
 * The hash chain of a writer: each hash covers the one before it, so a record
 * that is changed, taken out, moved or put in breaks it. Without a key it guards
 * against whoever changes records, not against whoever computes the whole chain
 * anew. About 2 µs a record.
 */
import { hash } from 'node:crypto';
import type { TrailEvent, TrailLink } from '../store/store.ts';

export const CHAIN_START: TrailLink = { sequence: 0, hash: '0'.repeat(64) };
/** Longer texts, which only a caller could have sent, are cut. */
const MOST_CHARS = 1024;
const MOST_SCOPES = 100;

/**
 * Every field in a fixed order, with a NUL between two: as many as there are
 * fields less one, so that one more inside a field shows. What is absent is told
 * from what is empty by a number. Joined rather than added up, which costs half as
 * much again when the text is hashed.
 */
export function hashOf(previous: string, writer: string, sequence: number, event: TrailEvent): string {
  const { client, subject, jti, issuer, route, method, upstream, status } = event;
  const { refusal, durationMs, requestId, traceparent, by, detail } = event;
  let scopes: string | undefined;
  if (event.scopes !== undefined) {
    scopes = '';
    for (const scope of event.scopes) scopes += `${scope.length}:${scope}`;
  }
  const optional = [client, subject, jti, issuer, scopes, route, method, upstream, status];
  optional.push(refusal, durationMs, requestId, traceparent, by, detail);
  let present = 0;
  for (let at = 0; at < optional.length; at++) if (optional[at] !== undefined) present |= 1 << at;
  const text = `${previous}\0${writer}\0${sequence}\0${event.at}\0${event.kind}\0${present}\0${optional.join('\0')}`;
  return hash('sha256', text, 'hex');
}

/** What every store gives back as it was: whole milliseconds, finite numbers, texts without the one character PostgreSQL cannot keep. */
export function storable(event: TrailEvent): TrailEvent {
  return {
    at: Math.trunc(event.at),
    kind: textOf(event.kind) ?? '',
    client: textOf(event.client),
    subject: textOf(event.subject),
    jti: textOf(event.jti),
    issuer: textOf(event.issuer),
    scopes: event.scopes?.slice(0, MOST_SCOPES).map((scope) => textOf(scope) ?? ''),
    route: textOf(event.route),
    method: textOf(event.method),
    upstream: textOf(event.upstream),
    status: event.status === undefined ? undefined : Math.trunc(event.status),
    refusal: textOf(event.refusal),
    durationMs: Number.isFinite(event.durationMs) ? Math.round(event.durationMs! * 1000) / 1000 : undefined,
    requestId: textOf(event.requestId),
    traceparent: textOf(event.traceparent),
    by: textOf(event.by),
    detail: textOf(event.detail),
  };
}

function textOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const cut = (text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text).toWellFormed();
  return cut.includes('\0') ? cut.replaceAll('\0', '\uFFFD') : cut;
}
