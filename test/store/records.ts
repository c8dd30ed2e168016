/** Records for a store, which does not look whether their hashes are any. */
import type { PlacedRecord, Store, TrailQuery, TrailRecord } from '../../src/store/store.ts';
import { callOf } from '../support/stored.ts';

export async function all(store: Store, query: TrailQuery): Promise<readonly PlacedRecord[]> {
  const records: PlacedRecord[] = [];
  for await (const record of store.trail(query)) records.push(record);
  return records;
}

export function hashAt(sequence: number): string {
  return String(sequence).padStart(64, '0');
}

export function chained(writer: string, events: readonly TrailRecord['event'][]): readonly TrailRecord[] {
  return events.map((event, at) => ({ writer, sequence: at + 1, event, hash: hashAt(at + 1) }));
}

export function recordsOf(writer: string, count: number): readonly TrailRecord[] {
  return chained(
    writer,
    Array.from({ length: count }, (_, at) => callOf('a', { at })),
  );
}
