/**
 * Writes the trail without being in anybody's way: to note something is a push
 * into a list. A few times a second what has gathered is chained, hashed and
 * stored; while the store is slow or away events wait, up to a number, and are
 * then dropped, counted, and the loss itself is recorded as soon as it can be.
 */
import { randomBytes } from 'node:crypto';
import type { Store, TrailEvent } from '../store/store.ts';
import type { World } from '../world.ts';
import { chain, type ChainEnd, NO_HASH } from './chain.ts';

export interface TrailOptions {
  /** Older records are deleted. */
  readonly maxAgeMs: number;
  /** Of more, the oldest are deleted. */
  readonly maxRecords: number;
  /** How many events may wait. */
  readonly maxWaiting?: number;
}

export interface Trail {
  /** Never throws, never waits. */
  readonly note: (event: TrailEvent) => void;
  readonly written: () => number;
  readonly dropped: () => number;
  readonly waiting: () => number;
  /** Writes what waits, if the store takes it within a few seconds. */
  close(): Promise<void>;
}

const WRITE_MS = 200;
const BATCH = 500;
const MAX_WAITING = 50_000;
const TRIM_MS = 60_000;
const CLOSING_MS = 3000;

export function createTrail(store: Store, { clock, log }: World, options: TrailOptions): Trail {
  const { maxAgeMs, maxRecords, maxWaiting = MAX_WAITING } = options;
  // One for each process, so that chains never fork.
  const writer = randomBytes(9).toString('base64url');
  let end: ChainEnd = { sequence: 0, hash: NO_HASH };
  let waiting: TrailEvent[] = [];
  let dropped = 0;
  let droppedToTell = 0;
  let written = 0;
  let failing = false;
  let writing: Promise<void> | undefined;
  let trimAt = clock.monotonic() + TRIM_MS;

  /** Batch after batch until nothing waits or one fails; a batch that failed is tried again as it was. */
  async function writeAll(): Promise<void> {
    try {
      while (waiting.length > 0 || droppedToTell > 0) {
        const lost = droppedToTell;
        const events = waiting.slice(0, BATCH);
        if (lost > 0) events.push({ at: clock.wall(), kind: 'records_dropped', detail: String(lost) });
        const records = chain(writer, end, events);
        // eslint-disable-next-line no-await-in-loop -- the order of the chain
        await store.appendTrail(records);
        const { sequence, hash } = records.at(-1)!;
        end = { sequence, hash };
        written += records.length;
        waiting = waiting.slice(events.length - (lost > 0 ? 1 : 0));
        droppedToTell -= lost;
      }
      if (failing) log('info', 'trail_back', { writer });
      failing = false;
    } catch (error) {
      if (!failing)
        log('error', 'trail_unavailable', { error: error instanceof Error ? error.message : String(error) });
      failing = true;
    }
  }

  async function trim(): Promise<void> {
    try {
      await store.trimTrail(clock.wall() - maxAgeMs, maxRecords);
    } catch (error) {
      log('warn', 'trail_not_trimmed', { error: error instanceof Error ? error.message : String(error) });
    }
  }

  function write(): Promise<void> {
    writing ??= writeAll().finally(() => (writing = undefined));
    return writing;
  }

  const stop = clock.every(WRITE_MS, () => {
    void write();
    if (clock.monotonic() < trimAt) return;
    trimAt = clock.monotonic() + TRIM_MS;
    void trim();
  });

  return {
    note(event) {
      if (waiting.length < maxWaiting) waiting.push(event);
      else {
        dropped++;
        droppedToTell++;
      }
    },
    written: () => written,
    dropped: () => dropped,
    waiting: () => waiting.length,
    async close() {
      stop();
      await writing;
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, CLOSING_MS);
      await Promise.race([write(), late]);
      clearTimeout(timer);
    },
  };
}
