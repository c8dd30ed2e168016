/** How often something happened in the last `windowMs`, to a tenth of it. Idle time empties it as busy time does. */

export interface CountWindow {
  add(nowMs: number): void;
  total(nowMs: number): number;
}

const BUCKETS = 10;

export function createCountWindow(windowMs: number): CountWindow {
  const bucketMs = windowMs / BUCKETS;
  const counts = new Uint32Array(BUCKETS);
  let latest = 0;
  let total = 0;

  function advance(nowMs: number): void {
    const index = Math.floor(nowMs / bucketMs);
    for (let at = Math.max(latest + 1, index - BUCKETS + 1); at <= index; at++) {
      total -= counts[at % BUCKETS]!;
      counts[at % BUCKETS] = 0;
    }
    latest = Math.max(latest, index);
  }

  return {
    add(nowMs) {
      advance(nowMs);
      counts[latest % BUCKETS] = counts[latest % BUCKETS]! + 1;
      total++;
    },
    total(nowMs) {
      advance(nowMs);
      return total;
    },
  };
}
