/**
 * How near the process is to the end of its heap. Near it, new requests are
 * shed; nearer, new connections too: what is under way gets what is left, where
 * otherwise all would be lost at once. One look a second, none per request.
 */
import { getHeapStatistics } from 'node:v8';
import type { World } from './world.ts';

export interface Pressure {
  /** Of the heap there may be, 0 to 1, when it was looked at last. */
  readonly heapShare: number;
  /** New requests are refused. */
  readonly sheds: boolean;
  /** New connections are refused. */
  readonly isFull: boolean;
  close(): void;
}

const LOOK_MS = 1000;
const SHED_FROM = 0.95;
const FULL_FROM = 0.98;

/** `readShare` is how much of its heap this process uses, 0 to 1. */
export function createPressure({ clock, log }: World, readShare: () => number = shareOfHeap): Pressure {
  const pressure = { heapShare: 0, sheds: false, isFull: false, close: () => {} };
  function look(): void {
    const share = readShare();
    const before = pressure.sheds;
    pressure.heapShare = share;
    pressure.sheds = share >= SHED_FROM;
    pressure.isFull = share >= FULL_FROM;
    if (pressure.sheds !== before) {
      log(pressure.sheds ? 'error' : 'info', 'memory_pressure', { heap_share: share, sheds: pressure.sheds });
    }
  }
  pressure.close = clock.every(LOOK_MS, look);
  return pressure;
}

function shareOfHeap(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}
