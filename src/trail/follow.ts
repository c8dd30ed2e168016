/** Records as they come: what a query finds now, and after each pause what is new. */
import type { PlacedRecord, Store, TrailQuery } from '../store/store.ts';

/** Ends when `pause` says so. */
export async function* followTrail(
  store: Pick<Store, 'trail'>,
  query: TrailQuery,
  pause: () => Promise<boolean>,
): AsyncGenerator<PlacedRecord> {
  let after = await newest(store);
  for await (const record of store.trail(query)) {
    yield record;
    after = Math.max(after, record.position);
  }
  const { limit: _, ...rest } = query;
  while (await pause()) {
    const end = await newest(store);
    for await (const record of store.trail({ ...rest, after })) {
      yield record;
      after = record.position;
    }
    // What does not match need not be looked at again.
    after = Math.max(after, end);
  }
}

async function newest(store: Pick<Store, 'trail'>): Promise<number> {
  for await (const { position } of store.trail({ limit: 1 })) return position;
  return 0;
}
