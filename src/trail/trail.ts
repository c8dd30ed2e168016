/**
 * Who called whom, written behind the requests: `note` is a push. Five times a
 * second what waits is chained, hashed and stored, in batches. While the store
 * cannot be had, events wait; when too many do, new ones are dropped and counted,
 * and as soon as it is back the trail itself says how many are missing.
 */
import { randomBytes } from 'node:crypto';
import { type Store, StoreUnavailable, type TrailEvent, type TrailLink, type TrailRecord } from '../store/store.ts';
import type { Log, World } from '../world.ts';
import { CHAIN_START, hashOf, storable } from './chain.ts';

export interface TrailOptions {
  readonly maxAgeMs: number;
  readonly maxRecords: number;
  /** How many events may wait; of a few hundred bytes each. */
  readonly maxWaiting?: number;
}

export interface Trail {
  note(event: TrailEvent): void;
  written(): number;
  dropped(): number;
  waiting(): number;
  /** Writes what waits. Resolves when that is done, or soon after if it cannot be done. */
  close(): Promise<void>;
}

const WRITE_EVERY_MS = 200;
/** Chained and hashed without a pause: about a millisecond. */
const BATCH = 500;
const MAX_WAITING = 50_000;
const TRIM_EVERY_MS = 600_000;
const CLOSE_WITHIN_MS = 2000;

type TrailStore = Pick<Store, 'appendTrail' | 'trimTrail'>;

export function createTrail(store: TrailStore, { clock, log }: World, options: TrailOptions): Trail {
  const { maxWaiting = MAX_WAITING } = options;
  let waiting: TrailEvent[] = [];
  let chain = beginChain();
  /** Made once: it may have been stored though the answer was lost, so the same is sent again. */
  let batch: readonly TrailRecord[] = [];
  let writing: Promise<void> | undefined;
  let trimming: Promise<void> | undefined;
  let closed = false;
  let failing = false;
  let written = 0;
  let dropped = 0;
  /** Of `dropped`, those that the trail does not tell of yet. */
  let untold = 0;
  const stopWriting = clock.every(WRITE_EVERY_MS, write);
  const stopTrimming = clock.every(TRIM_EVERY_MS, trim);

  function drop(count: number): void {
    dropped += count;
    untold += count;
  }

  function write(): void {
    writing ??= writeAll().finally(() => (writing = undefined));
  }

  async function writeAll(): Promise<void> {
    for (;;) {
      if (batch.length === 0) {
        if (untold > 0 && !failing) tellOfDropped();
        if (waiting.length === 0) return;
        batch = chained(chain, waiting.splice(0, BATCH));
      }
      try {
        await store.appendTrail(batch);
        written += batch.length;
        chain = { ...chain, last: batch.at(-1)! };
        if (failing) log('info', 'trail_back', { dropped: untold });
        failing = false;
      } catch (error) {
        if (error instanceof StoreUnavailable) return failed(error);
        // Never again the same: nothing behind it would be written either.
        log('error', 'trail_batch_lost', { records: batch.length, error: String(error) });
        drop(batch.length);
        chain = beginChain();
        batch = [];
        failing = true;
        return;
      }
      batch = [];
    }
  }

  function failed(error: StoreUnavailable): void {
    if (!failing) log('error', 'trail_unavailable', { error: error.message });
    failing = true;
  }

  function tellOfDropped(): void {
    waiting.push({ at: clock.wall(), kind: 'records_dropped', detail: String(untold) });
    untold = 0;
  }

  function trim(): void {
    trimming ??= trimOnce(store, { log, before: clock.wall() - options.maxAgeMs, most: options.maxRecords }).finally(
      () => (trimming = undefined),
    );
  }

  return {
    note(event) {
      if (waiting.length >= maxWaiting || closed) drop(1);
      else waiting.push(event);
    },
    written: () => written,
    dropped: () => dropped,
    waiting: () => waiting.length + batch.length,
    async close() {
      closed = true;
      stopWriting();
      stopTrimming();
      const late = Promise.withResolvers<void>();
      const stopWaiting = clock.every(CLOSE_WITHIN_MS, late.resolve);
      // What is under way may have begun before the last event came.
      const done = (writing ?? Promise.resolve()).then(writeAll);
      await Promise.race([done, late.promise]);
      stopWaiting();
      const lost = waiting.length + batch.length + untold;
      if (lost > 0) log('error', 'trail_cut_short', { records: lost });
      dropped += lost - untold;
      waiting = [];
    },
  };
}

interface Chain {
  readonly writer: string;
  readonly last: TrailLink;
}

/** A chain has one writer, so that two processes cannot fork it. */
function beginChain(): Chain {
  return { writer: randomBytes(8).toString('hex'), last: CHAIN_START };
}

function chained({ writer, last }: Chain, events: readonly TrailEvent[]): readonly TrailRecord[] {
  let { sequence, hash } = last;
  return events.map((given) => {
    const event = storable(given);
    hash = hashOf(hash, writer, ++sequence, event);
    return { writer, sequence, event, hash };
  });
}

interface Trimming {
  readonly log: Log;
  readonly before: number;
  readonly most: number;
}

async function trimOnce(store: TrailStore, { log, before, most }: Trimming): Promise<void> {
  try {
    await store.trimTrail(before, most);
  } catch (error) {
    // The next time will do.
    log('warn', 'trail_not_trimmed', { error: String(error) });
  }
}
