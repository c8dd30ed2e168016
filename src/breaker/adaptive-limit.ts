/**
 * How much a service takes at once before it only makes requests wait: found by
 * comparing how long it takes now with how long it took at its best
 * (the gradient of the two). While both are alike the limit grows by its square
 * root; when requests begin to queue inside the service, it falls in proportion.
 *
 * Judged once per window, not per request; a sample costs one addition.
 */

export interface AdaptiveLimit {
  /** One request is over. `inside`: how many were under way, it included. */
  sample(latencyMs: number, inside: number, nowMs: number): void;
  readonly limit: number;
}

export interface AdaptiveOptions {
  readonly min: number;
  readonly max: number;
}

const WINDOW_MS = 250;
/** Fewer say nothing. */
const SAMPLES = 10;
/** As much slower than at its best is still well: noise, garbage collection, a cold cache. */
const TOLERANCE = 1.5;
/** How long a best time is believed: for what is left of one period, and the next. */
const PERIOD_MS = 300_000;
/** Few, so that the first times are those of a service with nothing to do. */
const START = 10;

export function createAdaptiveLimit({ min, max }: AdaptiveOptions): AdaptiveLimit {
  const within = (value: number) => Math.min(max, Math.max(min, value));
  let limit = within(START);
  let bestMs = Number.POSITIVE_INFINITY;
  let bestBeforeMs = Number.POSITIVE_INFINITY;
  let periodEnd: number | undefined;
  let windowEnd = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let samples = 0;
  let most = 0;

  function judge(nowMs: number): void {
    const averageMs = sum / samples;
    bestMs = Math.min(bestMs, averageMs);
    periodEnd ??= nowMs + PERIOD_MS;
    if (nowMs >= periodEnd) {
      periodEnd = nowMs + PERIOD_MS;
      bestBeforeMs = bestMs;
      bestMs = Number.POSITIVE_INFINITY;
      // With half of it for a moment, a service that has been too busy all the time shows what it can do.
      limit = within(limit / 2);
      return;
    }
    // With half of it unused, the limit was not what made the times what they are.
    if (most < limit / 2) return;
    const gradient = Math.min(1, Math.max(0.5, (TOLERANCE * Math.min(bestMs, bestBeforeMs)) / averageMs));
    limit = within(limit * gradient + Math.sqrt(limit));
  }

  return {
    sample(latencyMs, inside, nowMs) {
      sum += latencyMs;
      samples++;
      if (inside > most) most = inside;
      if (nowMs < windowEnd || samples < SAMPLES) return;
      judge(nowMs);
      windowEnd = nowMs + WINDOW_MS;
      sum = 0;
      samples = 0;
      most = 0;
    },
    get limit() {
      return Math.floor(limit);
    },
  };
}
