/** The hash chain of a trail: each record's hash covers the one before, so that nothing in it can be changed, removed or moved unseen. */
import { createHash } from 'node:crypto';
import type { TrailEvent, TrailRecord } from '../store/store.ts';

/** Before the first record of a writer. */
export const NO_HASH = '0'.repeat(64);

/** In this order for ever: the text of an event is what is hashed. */
const FIELDS = [
  'at',
  'kind',
  'client',
  'subject',
  'jti',
  'issuer',
  'scopes',
  'route',
  'method',
  'upstream',
  'status',
  'refusal',
  'durationMs',
  'requestId',
  'traceparent',
  'by',
  'detail',
] as const satisfies readonly (keyof TrailEvent)[];

/** JSON of a list: no two events have the same text. */
function textOf(event: TrailEvent): string {
  return JSON.stringify(FIELDS.map((field) => event[field] ?? null));
}

export function hashOf(before: string, { writer, sequence, event }: Omit<TrailRecord, 'hash'>): string {
  return createHash('sha256')
    .update(JSON.stringify([before, writer, sequence, textOf(event)]))
    .digest('hex');
}

export interface ChainEnd {
  readonly sequence: number;
  readonly hash: string;
}

/** The records of `events`, to stand behind `end` in the chain of `writer`. */
export function chain(writer: string, end: ChainEnd, events: readonly TrailEvent[]): readonly TrailRecord[] {
  let { sequence, hash } = end;
  return events.map((event) => {
    sequence++;
    hash = hashOf(hash, { writer, sequence, event });
    return { writer, sequence, event, hash };
  });
}
