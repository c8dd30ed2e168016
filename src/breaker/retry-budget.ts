/**
 * How many requests an upstream may be sent a second time: a share of those of
 * the last 10 s, so that retries cannot multiply an outage, and a few where there
 * is too little traffic for a share to mean anything. A request costs one
 * division and one addition.
 */
import { createCountWindow } from './count-window.ts';

export interface RetryBudget {
  /** A request, not a retry, is sent. */
  request(nowMs: number): void;
  /** Whether one may be sent again; that is counted. */
  take(nowMs: number): boolean;
}

const WINDOW_MS = 10_000;
/** One a second: a service with little traffic still gets its second attempt. */
const MINIMUM = 10;

/** `share`: retries per request, 0 to 1. */
export function createRetryBudget(share: number): RetryBudget {
  const requests = createCountWindow(WINDOW_MS);
  const retries = createCountWindow(WINDOW_MS);
  return {
    request: (nowMs) => requests.add(nowMs),
    take(nowMs) {
      if (share === 0) return false;
      if (retries.total(nowMs) >= Math.max(MINIMUM, share * requests.total(nowMs))) return false;
      retries.add(nowMs);
      return true;
    },
  };
}
