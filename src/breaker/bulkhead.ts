/**
 * How many requests an upstream has at once: past the limit a few wait for a
 * short time, in order, and the rest is turned away at once, so that one service
 * that hangs cannot hold what all the others need. A request costs two additions.
 */
import type { AdaptiveLimit } from './adaptive-limit.ts';

export interface BulkheadOptions {
  readonly max: number;
  /** Requests that may wait; 0: none. */
  readonly queueSize: number;
  /** How long one waits at most. */
  readonly queueMs: number;
}

/** Somebody who waits for a place. Exactly one of the two is called, unless it leaves before. */
export interface Waiting {
  /** It has a place now, which it gives back. */
  entered(): void;
  notEntered(): void;
}

export type Entry = 'entered' | 'queued' | 'full';

export interface Bulkhead {
  /** `entered`: the place is given back by `exit`. */
  enter(waiting: Waiting): Entry;
  /** A place is free again. `latencyMs`: what the service took, where that says something of its load. */
  exit(latencyMs: number | undefined): void;
  /** It waits no longer. */
  leave(waiting: Waiting): void;
  /** Turns away who has waited too long; called a few times a second. */
  sweep(): void;
  readonly limit: number;
  readonly inside: number;
  readonly queued: number;
}

/** `adaptive`: what moves the limit below `max`, if anything does. */
export function createBulkhead(
  { max, queueSize, queueMs }: BulkheadOptions,
  now: () => number,
  adaptive?: AdaptiveLimit,
): Bulkhead {
  /** In the order of their coming, with when each gives up. */
  const queue = new Map<Waiting, number>();
  let inside = 0;
  let draining = false;

  const limit = () => (adaptive === undefined ? max : Math.min(max, adaptive.limit));

  /** Who enters may be out again at once; that must not become a recursion as deep as the queue. */
  function letIn(): void {
    if (draining || queue.size === 0) return;
    draining = true;
    try {
      for (const waiting of queue.keys()) {
        if (inside >= limit()) break;
        queue.delete(waiting);
        inside++;
        waiting.entered();
      }
    } finally {
      draining = false;
    }
  }

  return {
    enter(waiting) {
      if (inside < limit() && queue.size === 0) {
        inside++;
        return 'entered';
      }
      if (queue.size >= queueSize) return 'full';
      queue.set(waiting, now() + queueMs);
      return 'queued';
    },
    exit(latencyMs) {
      if (latencyMs !== undefined) adaptive?.sample(latencyMs, inside, now());
      inside--;
      letIn();
    },
    leave(waiting) {
      queue.delete(waiting);
    },
    sweep() {
      const at = now();
      for (const [waiting, until] of queue) {
        if (at < until) break;
        queue.delete(waiting);
        waiting.notEntered();
      }
    },
    get limit() {
      return limit();
    },
    get inside() {
      return inside;
    },
    get queued() {
      return queue.size;
    },
  };
}
