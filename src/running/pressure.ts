/**
 * How near the process is to what it can do: how late its event loop is, and how
 * full its heap. Past a limit new work is refused, a little more with every look,
 * the least important routes first, so that what is taken on is also done; past
 * the end of the heap new connections are, too. A look costs a few microseconds,
 * twenty times a second; a request costs a comparison.
 */
import { getHeapStatistics } from 'node:v8';
import type { OverloadConfig } from '../config/config.ts';
import type { World } from '../world.ts';

/** Routes of 0 are shed first, and none of 3 ever. */
export type Priority = 0 | 1 | 2 | 3;
export const PRIORITIES = ['low', 'normal', 'high'] as const;

export interface Pressure {
  /** Of the heap there may be, 0 to 1, when it was looked at last. */
  readonly heapShare: number;
  /** How late the event loop came to the last look. */
  readonly delayMs: number;
  /** The sum of the shares that are refused, priority by priority: at 1.2 all of `low` and a fifth of `normal`. */
  readonly level: number;
  /** New connections are refused. */
  readonly isFull: boolean;
  /** Requests refused, by priority. */
  readonly shed: readonly number[];
  /** Whether this request is to be refused; asked once for each while `level` is above its priority. */
  sheds(priority: Priority): boolean;
  close(): void;
}

const LOOK_MS = 50;
/** With each look that finds the loop late; some seconds to the top, as what is refused also stays away for one. */
const RISE = 0.05;
const FALL = 0.02;
const HIGHEST = PRIORITIES.length;
/** Of what is left of the heap above the mark: where connections are refused, too. */
const FULL_AT = 0.6;

/** `readShare` is how much of its heap this process uses, 0 to 1. */
export function createPressure(
  { eventLoopDelayMs, memory }: OverloadConfig,
  { clock, log }: World,
  readShare: () => number = shareOfHeap,
): Pressure {
  const full = memory + (1 - memory) * FULL_AT;
  /** What refusals have come to and were not yet made, by priority. */
  const due = PRIORITIES.map(() => 0);
  const asked = PRIORITIES.map(() => 0);
  let late = 0;
  let before = 0;
  let lookedAt = clock.monotonic();

  const pressure = {
    heapShare: 0,
    delayMs: 0,
    level: 0,
    isFull: false,
    shed: PRIORITIES.map(() => 0),
    sheds(priority: Priority): boolean {
      if (priority >= HIGHEST) return false;
      asked[priority]!++;
      due[priority]! += Math.min(1, pressure.level - priority);
      if (due[priority]! < 1) return false;
      due[priority]! -= 1;
      pressure.shed[priority]!++;
      return true;
    },
    close: clock.every(LOOK_MS, look),
  };

  function look(): void {
    const now = clock.monotonic();
    pressure.delayMs = Math.max(0, now - lookedAt - LOOK_MS);
    lookedAt = now;
    // One pause, for the garbage collector say, is no overload.
    const delayMs = Math.min(pressure.delayMs, before);
    before = pressure.delayMs;
    if (delayMs > eventLoopDelayMs) late = raised(late);
    else if (pressure.delayMs < eventLoopDelayMs / 2) late = Math.max(0, late - FALL);
    asked.fill(0);

    pressure.heapShare = readShare();
    const short = HIGHEST * Math.min(1, Math.max(0, (pressure.heapShare - memory) / (full - memory)));
    pressure.isFull = pressure.heapShare >= full;
    const was = pressure.level;
    pressure.level = Math.max(late, short);
    if (was > 0 === pressure.level > 0) return;
    log(pressure.level > 0 ? 'error' : 'info', 'overload', {
      sheds: pressure.level > 0,
      event_loop_delay_ms: Math.round(pressure.delayMs),
      heap_share: pressure.heapShare,
    });
  }

  /** A priority of which nothing comes is passed over: refusing it helps nobody. */
  function raised(level: number): number {
    const priority = Math.floor(level);
    const helps = level === priority || asked[priority]! > 0;
    return Math.min(HIGHEST, helps ? level + RISE : priority + 1 + RISE);
  }

  return pressure;
}

function shareOfHeap(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}
