/**
 * Failed authentications, counted for each pair of client and address: nobody's
 * guesses from elsewhere can touch a client, and a client that proves itself is
 * let in whatever was counted. Past the limit a failure is answered 429, and
 * leaves no further record in the trail until its window ends. Bounded: of too
 * many pairs the oldest window is forgotten. Costs two look-ups, on failure only.
 */
export interface Failures {
  /** Counts one; how long to wait where it was one too many. */
  readonly count: (client: string, addressKey: string, nowMs: number) => FailureVerdict;
}

/** `last`: the one that reaches the limit, after which none is recorded. */
export type FailureVerdict = 'below' | 'last' | { readonly retryAfterMs: number };

export const MAX_FAILURES = 30;
const WINDOW_MS = 60_000;
/** Longer than any id of ours, so that a flood of long ones takes no more memory. */
const MAX_ID_CHARS = 128;

export function createFailures(maxPairs = 10_000): Failures {
  // In the order their windows began: a window that begins anew goes to the end.
  const windows = new Map<string, { readonly endsAt: number; count: number }>();
  return {
    count(client, addressKey, nowMs) {
      const id = client.slice(0, MAX_ID_CHARS);
      const key = `${id.length}:${id}${addressKey}`;
      const window = windows.get(key);
      if (window === undefined || window.endsAt <= nowMs) {
        windows.delete(key);
        if (windows.size >= maxPairs) windows.delete(windows.keys().next().value!);
        windows.set(key, { endsAt: nowMs + WINDOW_MS, count: 1 });
        return 'below';
      }
      window.count++;
      if (window.count < MAX_FAILURES) return 'below';
      return window.count === MAX_FAILURES ? 'last' : { retryAfterMs: window.endsAt - nowMs };
    },
  };
}
