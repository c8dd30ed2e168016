/**
 * Results of the last `windowMs`, to a tenth of it: how many, how many failed,
 * how many were slow. Idle time empties it as busy time does. A result costs two
 * or three additions.
 */
export interface ResultWindow {
  add(nowMs: number, failed: boolean, slow: boolean): void;
  total(): number;
  failures(): number;
  slow(): number;
}

const BUCKETS = 10;

export function createResultWindow(windowMs: number): ResultWindow {
  const bucketMs = windowMs / BUCKETS;
  const totals = new Uint32Array(BUCKETS);
  const failed = new Uint32Array(BUCKETS);
  const slowOnes = new Uint32Array(BUCKETS);
  let latest = 0;
  let total = 0;
  let failures = 0;
  let slow = 0;

  function advance(index: number): void {
    for (let at = Math.max(latest + 1, index - BUCKETS + 1); at <= index; at++) {
      const bucket = at % BUCKETS;
      total -= totals[bucket]!;
      failures -= failed[bucket]!;
      slow -= slowOnes[bucket]!;
      totals[bucket] = 0;
      failed[bucket] = 0;
      slowOnes[bucket] = 0;
    }
    latest = Math.max(latest, index);
  }

  return {
    add(nowMs, isFailure, isSlow) {
      advance(Math.floor(nowMs / bucketMs));
      const bucket = latest % BUCKETS;
      totals[bucket] = totals[bucket]! + 1;
      total++;
      if (isFailure) {
        failed[bucket] = failed[bucket]! + 1;
        failures++;
      }
      if (isSlow) {
        slowOnes[bucket] = slowOnes[bucket]! + 1;
        slow++;
      }
    },
    total: () => total,
    failures: () => failures,
    slow: () => slow,
  };
}
