/**
 * What callers ask of one quota, whether they get it or not: how many requests
 * each made in any trailing window, at its highest, and how many requests found
 * how many before them. From these follows which quota would refuse how many.
 *
 * A window is counted in sixtieths, the oldest whole: a count is never less than
 * the truth, and at most a sixtieth of the window's requests more.
 */
import { createSlidingWindow } from '../limit/sliding-window.ts';

export interface CallerDemand {
  /** What the log calls it. */
  readonly caller: string;
  requests: number;
  refused: number;
  /** The most in any trailing window. */
  peak: number;
  /** When that was; wall clock. */
  peakAtMs: number;
}

export interface Demand {
  /** A request by the caller that is counted under `key`; `caller` is its name. */
  take(request: {
    readonly key: string;
    readonly caller: string;
    readonly atMs: number;
    readonly refused: boolean;
  }): void;
  readonly requests: number;
  readonly refused: number;
  readonly callers: number;
  /** The callers for whom `rank` is highest, and above 0. */
  top(count: number, rank: (caller: CallerDemand) => number): readonly CallerDemand[];
  /** The smallest quota that refuses at most `share` of the requests, 0 to 1. */
  quotaFor(share: number): number;
}

const PARTS = 60;
/** Beyond these the log is of more callers than a machine holds: they are counted, not named. */
const MOST_CALLERS = 1_000_000;
/** A trailing window with more in it is counted as this many. */
const MOST_COUNTED = 1_000_000;

export function createDemand(windowMs: number): Demand {
  const window = createSlidingWindow({ windowMs, subWindows: PARTS, maxCallers: MOST_CALLERS });
  const callers = new Map<string, CallerDemand>();
  /** How many requests made the trailing window of their caller so full. */
  const found: number[] = [];
  let requests = 0;
  let refusals = 0;
  return {
    take({ key, caller, atMs, refused }) {
      requests++;
      if (refused) refusals++;
      const slot = window.slotOf(key, atMs);
      window.count(slot, Number.POSITIVE_INFINITY);
      const count = Math.min(window.used(slot), MOST_COUNTED);
      found[count] = (found[count] ?? 0) + 1;
      let demand = callers.get(key);
      if (demand === undefined) {
        if (callers.size >= MOST_CALLERS) return;
        demand = { caller, requests: 0, refused: 0, peak: 0, peakAtMs: 0 };
        callers.set(key, demand);
      }
      demand.requests++;
      if (refused) demand.refused++;
      if (count > demand.peak) {
        demand.peak = count;
        demand.peakAtMs = atMs;
      }
    },
    get requests() {
      return requests;
    },
    get refused() {
      return refusals;
    },
    get callers() {
      return callers.size;
    },
    top: (count, rank) =>
      [...callers.values()]
        .filter((one) => rank(one) > 0)
        .toSorted((one, other) => rank(other) - rank(one))
        .slice(0, count),
    // Refused requests are not counted by a limit, so one that finds more than the quota before it
    // may still be admitted: what this says is the most that would be refused.
    quotaFor(share) {
      let over = 0;
      for (let quota = found.length - 1; quota > 0; quota--) {
        over += found[quota] ?? 0;
        if (over > share * requests) return quota;
      }
      return 1;
    },
  };
}
