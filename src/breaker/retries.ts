/**
 * Whether a request may be sent again, and after what pause. That it would do no
 * harm (nothing of a body used, nothing of a reply sent, the method idempotent or
 * nothing sent at all) is known to who carries it; here is what was configured,
 * and the budget that keeps an outage from being multiplied.
 */
import { createRetryBudget } from './retry-budget.ts';

/** There was no connection; it ended before the reply; the reply did not begin in time. */
export type NoReply = 'connect' | 'reset' | 'timeout';

export interface RetryOptions {
  /** How often one request may be sent again. */
  readonly attempts: number;
  readonly after: readonly NoReply[];
  readonly statuses: readonly number[];
  /** The share of requests that may be sent again, 0 to 1. */
  readonly budget: number;
  /** The longest first pause before the same target is asked again. */
  readonly backoffMs: number;
}

/** What a request is to be sent again after: no reply, or one that was not what was hoped for, or one that did not take the gateway's credentials. */
export type Unsuccessful = NoReply | 'credentials' | { readonly status: number; readonly asksToWait: boolean };

export interface RetryCase {
  /** How often it was sent again already. */
  readonly retries: number;
  /** Whether there is another target. */
  readonly elsewhere: boolean;
  /** Monotonic ms, both. */
  readonly nowMs: number;
  readonly deadlineAt: number;
}

export interface Retries {
  /** A request is sent for the first time. */
  request(nowMs: number): void;
  /** The pause in milliseconds before it is sent again, which is counted; `undefined`: it is not. */
  pauseBefore(after: Unsuccessful, sent: RetryCase): number | undefined;
  /** How often one was sent again. */
  count(): number;
  /** How often one was not, for want of budget. */
  refused(): number;
}

/** `random`: from 0 up to 1. */
export function createRetries(config: RetryOptions, random: () => number): Retries {
  const budget = createRetryBudget(config.budget);
  let count = 0;
  let refused = 0;

  function isWanted(after: Unsuccessful, elsewhere: boolean): boolean {
    if (after === 'credentials') return true;
    if (typeof after === 'string') return config.after.includes(after);
    // Who is asked to come later is the caller (RFC 9110 §10.2.3); and the same target would say the same.
    return elsewhere && !after.asksToWait && config.statuses.includes(after.status);
  }

  return {
    request: budget.request,
    pauseBefore(after, { retries, elsewhere, nowMs, deadlineAt }) {
      if (retries >= config.attempts || !isWanted(after, elsewhere)) return undefined;
      // All of the pause is left to chance, lest those who failed together come again together.
      const pauseMs = elsewhere || after === 'credentials' ? 0 : random() * config.backoffMs * 2 ** retries;
      if (nowMs + pauseMs >= deadlineAt) return undefined;
      // Fresh credentials come so seldom that no budget is needed, and who shares them needs them all at once.
      if (after !== 'credentials' && !budget.take(nowMs)) {
        refused++;
        return undefined;
      }
      count++;
      return pauseMs;
    },
    count: () => count,
    refused: () => refused,
  };
}
