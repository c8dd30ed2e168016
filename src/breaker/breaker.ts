/**
 * Stops calling a target that is down. Closed: all pass and results are counted
 * in a sliding window; open: none pass; half-open: exactly `probes` pass in each
 * `openForMs` and the rest are refused at once, never queued. A permit is the
 * number of the state it was given in, so the late result of an earlier state
 * moves nothing. No timer; a request costs a few comparisons and additions.
 */
import type { Clock } from '../world.ts';
import { createCountWindow, type CountWindow } from './count-window.ts';

export interface BreakerOptions {
  /** The share of failures that opens, 0 to 1. */
  readonly failureRate: number;
  /** Fewer results than this in the window prove nothing of a rate. */
  readonly minimumRequests: number;
  /** So many failures with no success between them open, however few requests there are. Infinite: off. */
  readonly consecutiveFailures: number;
  /** An answer that takes as long is slow. Infinite: off. */
  readonly slowCallMs: number;
  /** The share of slow answers that opens, 0 to 1. */
  readonly slowCallRate: number;
  readonly windowMs: number;
  /** How long it is open the first time; twice as long each time that it opens again. */
  readonly openForMs: number;
  readonly maxOpenForMs: number;
  readonly probes: number;
}

/** Given back exactly once, through `success`, `failure` or `release`. */
export type Permit = number;

export type BreakerState = 'closed' | 'open' | 'half_open';

export const OPENING_REASONS = ['failure_rate', 'consecutive_failures', 'slow_calls', 'probe_failed'] as const;
export type OpeningReason = (typeof OPENING_REASONS)[number];
export type ChangeReason = OpeningReason | 'open_time_over' | 'probes_succeeded';

export interface Breaker {
  /** `undefined`: the circuit is open, or its probes are under way. */
  acquire(): Permit | undefined;
  /** `tookMs`: until the answer began. */
  success(permit: Permit, tookMs: number): void;
  failure(permit: Permit): void;
  /** The request ended without a verdict on the target: its caller left, or it was never sent. */
  release(permit: Permit): void;
  /** How long until a probe may pass; 0 where one is under way or the circuit is closed. */
  retryAfterMs(): number;
  state(): BreakerState;
  /** How often it has opened, and why. */
  openings(reason: OpeningReason): number;
}

export interface BreakerParts {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Told of every new state. */
  readonly changed?: (state: BreakerState, reason: ChangeReason) => void;
}

/** Of the window: all, those that failed, and those that were slow. */
interface Results {
  readonly all: CountWindow;
  readonly failed: CountWindow;
  readonly slow: CountWindow;
}

type State =
  | { readonly kind: 'closed'; readonly results: Results; readonly sinceMs: number; failuresInARow: number }
  | { readonly kind: 'open'; readonly untilMs: number }
  | { readonly kind: 'half_open'; given: number; succeeded: number; nextProbesAtMs: number };

/** So much of the open time is left to chance, lest many gateways probe at one moment. */
const JITTER = 0.2;

export function createBreaker(options: BreakerOptions, { clock, random, changed }: BreakerParts): Breaker {
  const { probes, openForMs, maxOpenForMs, slowCallMs, minimumRequests } = options;
  const openings: Record<OpeningReason, number> = {
    failure_rate: 0,
    consecutive_failures: 0,
    slow_calls: 0,
    probe_failed: 0,
  };
  let state: State = closed();
  let generation = 0;
  /** The open time without its jitter; 0 before it first opens. */
  let lastOpenMs = 0;

  function closed(): State {
    return {
      kind: 'closed',
      results: {
        all: createCountWindow(options.windowMs),
        failed: createCountWindow(options.windowMs),
        slow: createCountWindow(options.windowMs),
      },
      sinceMs: clock.monotonic(),
      failuresInARow: 0,
    };
  }

  function become(next: State, reason: ChangeReason): void {
    state = next;
    generation++;
    changed?.(next.kind, reason);
  }

  function open(reason: OpeningReason): void {
    const now = clock.monotonic();
    // Closed for as long as it was open, and for a whole window: this is a new outage, not the old one.
    const isSound = state.kind === 'closed' && now - state.sinceMs >= Math.max(options.windowMs, lastOpenMs);
    lastOpenMs = isSound || lastOpenMs === 0 ? openForMs : Math.min(2 * lastOpenMs, maxOpenForMs);
    openings[reason]++;
    become({ kind: 'open', untilMs: now + lastOpenMs * (1 - JITTER * random()) }, reason);
  }

  /** Why the results so far open it, if they do. A success can be the one that makes the number large enough to judge. */
  function verdict({ all, failed, slow }: Results, nowMs: number): OpeningReason | undefined {
    const total = all.total(nowMs);
    if (total < minimumRequests) return undefined;
    const failures = failed.total(nowMs);
    if (failures > 0 && failures >= options.failureRate * total) return 'failure_rate';
    const slowOnes = slow.total(nowMs);
    if (slowOnes > 0 && slowOnes >= options.slowCallRate * total) return 'slow_calls';
    return undefined;
  }

  return {
    acquire() {
      if (state.kind === 'closed') return generation;
      if (state.kind === 'open') {
        const now = clock.monotonic();
        if (now < state.untilMs) return undefined;
        become({ kind: 'half_open', given: 1, succeeded: 0, nextProbesAtMs: now + openForMs }, 'open_time_over');
        return generation;
      }
      if (state.given >= probes) {
        // A probe may be an upload without end: nobody waits for its verdict for longer than for the circuit.
        const now = clock.monotonic();
        if (now < state.nextProbesAtMs) return undefined;
        state.given = 0;
        state.nextProbesAtMs = now + openForMs;
      }
      state.given++;
      return generation;
    },
    success(permit, tookMs) {
      if (permit !== generation) return;
      const isSlow = tookMs >= slowCallMs;
      if (state.kind === 'closed') {
        state.failuresInARow = 0;
        const now = clock.monotonic();
        state.results.all.add(now);
        if (isSlow) state.results.slow.add(now);
        const reason = verdict(state.results, now);
        if (reason !== undefined) open(reason);
      } else if (isSlow) open('probe_failed');
      else if (state.kind === 'half_open' && ++state.succeeded >= probes) become(closed(), 'probes_succeeded');
    },
    failure(permit) {
      if (permit !== generation) return;
      if (state.kind !== 'closed') return open('probe_failed');
      state.failuresInARow++;
      const now = clock.monotonic();
      state.results.all.add(now);
      state.results.failed.add(now);
      const inARow = state.failuresInARow >= options.consecutiveFailures;
      const reason = verdict(state.results, now) ?? (inARow ? 'consecutive_failures' : undefined);
      if (reason !== undefined) open(reason);
    },
    release(permit) {
      if (permit === generation && state.kind === 'half_open' && state.given > 0) state.given--;
    },
    retryAfterMs: () => (state.kind === 'open' ? Math.max(0, state.untilMs - clock.monotonic()) : 0),
    state: () => state.kind,
    openings: (reason) => openings[reason],
  };
}
