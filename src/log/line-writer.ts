/**
 * Gathers lines and writes them together, so that a line costs one string
 * append. A reader that is slow, blocked or gone, or a full disk, never holds up
 * a request: at most `MOST_PENDING_CHARS` wait, what comes on top is dropped and
 * counted.
 */
import { openSync, write } from 'node:fs';
import type { Clock } from '../world.ts';

export interface LineWriter {
  /** `line` ends in a line feed. */
  write(line: string): void;
  /** Lines that were lost. */
  dropped(): number;
  /** Writes what waits. Resolves when that is done, or soon after if it cannot be done. */
  close(): Promise<void>;
}

/** Writes `bytes` from `offset` on; may write fewer. One call at a time. */
export type Sink = (
  bytes: Uint8Array,
  offset: number,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

const FLUSH_CHARS = 64 * 1024;
const FLUSH_EVERY_MS = 50;
const MOST_PENDING_CHARS = 8 * 1024 * 1024;
const CLOSE_WITHIN_MS = 1000;

/** `stdout`, `stderr` or a file's path; a file is appended to, and only its owner and group may read it. */
export function openSink(target: string): Sink {
  const descriptor = target === 'stdout' ? 1 : target === 'stderr' ? 2 : openSync(target, 'a', 0o640);
  return (bytes, offset, done) => write(descriptor, bytes, offset, bytes.length - offset, null, done);
}

export function createLineWriter(sink: Sink, clock: Pick<Clock, 'every'>): LineWriter {
  let pending = '';
  let dropped = 0;
  /** The batch on its way to the sink; its first `offset` bytes are out. */
  let batch: Uint8Array | undefined;
  let offset = 0;
  let writing = false;
  /** The last batch was lost in the middle of a line. */
  let cut = false;
  let whenEmpty: (() => void) | undefined;
  const stopFlushing = clock.every(FLUSH_EVERY_MS, flush);

  function flush(): void {
    if (writing) return;
    if (batch === undefined) {
      if (pending === '') return whenEmpty?.();
      batch = Buffer.from(cut ? `\n${pending}` : pending);
      offset = 0;
      pending = '';
      cut = false;
    }
    writing = true;
    sink(batch, offset, written);
  }

  function written(error: NodeJS.ErrnoException | null, count: number): void {
    writing = false;
    if (batch === undefined) return;
    if (error === null && count > 0) {
      offset += count;
      if (offset >= batch.length) batch = undefined;
      // The rest at once; what came meanwhile when it is much, else with the next tick.
      if (batch !== undefined || pending.length >= FLUSH_CHARS || whenEmpty !== undefined) flush();
      return;
    }
    // A pipe shared with a process that made it non-blocking is full: the next tick tries again.
    if (error === null || error.code === 'EAGAIN') return;
    for (let at = offset; at < batch.length; at++) if (batch[at] === 0x0a) dropped++;
    cut = offset > 0 && batch[offset - 1] !== 0x0a;
    batch = undefined;
    if (whenEmpty !== undefined) flush();
  }

  return {
    write(line) {
      if (pending.length + line.length > MOST_PENDING_CHARS) {
        dropped++;
        return;
      }
      pending += line;
      if (pending.length >= FLUSH_CHARS) flush();
    },
    dropped: () => dropped,
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const stopWaiting = clock.every(CLOSE_WITHIN_MS, end);
      function end(): void {
        stopFlushing();
        stopWaiting();
        pending = '';
        resolve();
      }
      whenEmpty = end;
      flush();
      return promise;
    },
  };
}
