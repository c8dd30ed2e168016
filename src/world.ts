/**
 * What a plan takes from the world outside: time and the operator's log. Both
 * come in as arguments, so that a test can hold them still. Node's own are made
 * in `createWorld`; nothing else in `src/` reads a clock or sets a timer.
 */
export interface Clock {
  /** Milliseconds that never go back, whatever is done to the wall clock. For windows, ages and time limits. */
  readonly monotonic: () => number;
  /** Milliseconds since 1970. For `exp`, `nbf`, `iat` and log lines, and for nothing else. */
  readonly wall: () => number;
  /** Calls `tick` about every `intervalMs` until the returned function is called. Never keeps the process alive. */
  readonly every: (intervalMs: number, tick: () => void) => () => void;
}

/** Calls `then` once, about `ms` from now, unless the returned function is called before. */
export function callAfter(every: Clock['every'], ms: number, then: () => void): () => void {
  const stop = every(ms, () => {
    stop();
    then();
  });
  return stop;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The operator's log: events with fields, not prose. Never handed a token, a secret or a whole header. */
export type Log = (level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface World {
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1, lest many do the same thing at the same moment; `Math.random` where absent. Nothing that must be secret comes of it. */
  readonly random?: (() => number) | undefined;
  /** The addresses of a name; the system's own way where absent. Rejects where nothing can be had. */
  readonly resolve?:
    | ((host: string) => Promise<{ addresses: readonly string[]; ttlMs: number | undefined }>)
    | undefined;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  every(intervalMs, tick) {
    const timer = setInterval(tick, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};
