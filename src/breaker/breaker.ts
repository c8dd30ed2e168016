/**
 * Stops calling a target that is down. Closed: all pass and results are counted
 * in a sliding window; open: none pass; half-open: exactly `probes` pass in each
 * `openForMs` and the rest are refused at once, never queued. A permit is the number of the state it
 * was given in, so the late result of an earlier state moves nothing. No timer;
 * a request costs two comparisons and two additions.
 */
import type { Clock } from '../world.ts';

export interface BreakerOptions {
  /** The share of failures that opens, 0 to 1. */
  readonly failureRate: number;
  /** Fewer results than this in the window never open. */
  readonly minimumRequests: number;
  readonly windowMs: number;
  readonly openForMs: number;
  readonly probes: number;
}

/** Given back exactly once, through `success`, `failure` or `release`. */
export type Permit = number;

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface Breaker {
  /** `undefined`: the circuit is open, or its probes are under way. */
  acquire(): Permit | undefined;
  success(permit: Permit): void;
  failure(permit: Permit): void;
  /** The request ended without a verdict on the target: its caller left, or it was never sent. */
  release(permit: Permit): void;
  /** How long until a probe may pass; 0 where one is under way or the circuit is closed. */
  retryAfterMs(): number;
  state(): BreakerState;
  /** How often it has opened. */
  openings(): number;
}

type State =
  | { readonly kind: 'closed'; readonly results: ResultWindow }
  | { readonly kind: 'open'; readonly untilMs: number }
  | { readonly kind: 'half_open'; given: number; succeeded: number; nextProbesAtMs: number };

/** `changed` is told of every new state. */
export function createBreaker(
  options: BreakerOptions,
  clock: Pick<Clock, 'monotonic'>,
  changed: (state: BreakerState) => void = () => {},
): Breaker {
  const { probes, openForMs } = options;
  let state: State = { kind: 'closed', results: createResultWindow(options.windowMs) };
  let generation = 0;
  let openings = 0;

  function become(next: State): void {
    state = next;
    generation++;
    if (next.kind === 'open') openings++;
    changed(next.kind);
  }

  function open(): void {
    become({ kind: 'open', untilMs: clock.monotonic() + openForMs });
  }

  function record(results: ResultWindow, failed: boolean): void {
    results.add(clock.monotonic(), failed);
    // A success can be the result that makes the number large enough to judge.
    if (results.total() < options.minimumRequests) return;
    if (results.failures() > 0 && results.failures() >= options.failureRate * results.total()) open();
  }

  return {
    acquire() {
      if (state.kind === 'open' && clock.monotonic() >= state.untilMs) {
        become({ kind: 'half_open', given: 0, succeeded: 0, nextProbesAtMs: clock.monotonic() + openForMs });
      }
      if (state.kind === 'open') return undefined;
      if (state.kind === 'half_open') {
        if (state.given >= probes) {
          // A probe may be an upload without end: nobody waits for its verdict for longer than for the circuit.
          if (clock.monotonic() < state.nextProbesAtMs) return undefined;
          state.given = 0;
          state.nextProbesAtMs = clock.monotonic() + openForMs;
        }
        state.given++;
      }
      return generation;
    },
    success(permit) {
      if (permit !== generation) return;
      if (state.kind === 'closed') record(state.results, false);
      else if (state.kind === 'half_open' && ++state.succeeded >= probes) {
        become({ kind: 'closed', results: createResultWindow(options.windowMs) });
      }
    },
    failure(permit) {
      if (permit !== generation) return;
      if (state.kind === 'closed') record(state.results, true);
      else open();
    },
    release(permit) {
      if (permit === generation && state.kind === 'half_open' && state.given > 0) state.given--;
    },
    retryAfterMs: () => (state.kind === 'open' ? Math.max(0, state.untilMs - clock.monotonic()) : 0),
    state: () => state.kind,
    openings: () => openings,
  };
}

interface ResultWindow {
  add(nowMs: number, failed: boolean): void;
  total(): number;
  failures(): number;
}

const BUCKETS = 10;

/** Results of the last `windowMs`, to a tenth of it. Idle time empties it as busy time does. */
function createResultWindow(windowMs: number): ResultWindow {
  const bucketMs = windowMs / BUCKETS;
  const totals = new Uint32Array(BUCKETS);
  const failed = new Uint32Array(BUCKETS);
  let latest = 0;
  let total = 0;
  let failures = 0;

  function advance(index: number): void {
    for (let at = Math.max(latest + 1, index - BUCKETS + 1); at <= index; at++) {
      const bucket = at % BUCKETS;
      total -= totals[bucket]!;
      failures -= failed[bucket]!;
      totals[bucket] = 0;
      failed[bucket] = 0;
    }
    latest = Math.max(latest, index);
  }

  return {
    add(nowMs, isFailure) {
      advance(Math.floor(nowMs / bucketMs));
      const bucket = latest % BUCKETS;
      totals[bucket] = totals[bucket]! + 1;
      total++;
      if (!isFailure) return;
      failed[bucket] = failed[bucket]! + 1;
      failures++;
    },
    total: () => total,
    failures: () => failures,
  };
}
