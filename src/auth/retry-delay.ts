/** How long a server that failed is left alone before it is asked again: twice as long each time, and half of it left to chance. */
const FIRST_MS = 1000;
const MAX_MS = 30_000;

/** `failures`: in a row, the latest included. `random`: from 0 up to 1. */
export function retryDelayMs(failures: number, random: () => number): number {
  const delayMs = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return delayMs * (0.5 + random() / 2);
}
