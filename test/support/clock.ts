/** A clock that stands still until it is told to move; ticks run as time passes over them, in order. */
import type { Clock } from '../../src/world.ts';

export interface FakeClock extends Clock {
  /** Both clocks go forward; every tick due on the way is run at its time. */
  advance(ms: number): void;
  /** Only the wall clock jumps, as when an operator sets it. */
  setWall(ms: number): void;
}

export function createFakeClock(wallMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let monotonic = 1000;
  let wall = wallMs;
  const timers = new Set<{ dueAt: number; readonly intervalMs: number; readonly tick: () => void }>();

  function moveTo(time: number): void {
    wall += time - monotonic;
    monotonic = time;
  }

  return {
    monotonic: () => monotonic,
    wall: () => wall,
    every(intervalMs, tick) {
      const timer = { dueAt: monotonic + intervalMs, intervalMs, tick };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = monotonic + ms;
      for (;;) {
        const [next] = [...timers].filter(({ dueAt }) => dueAt <= end).toSorted((a, b) => a.dueAt - b.dueAt);
        if (next === undefined) break;
        moveTo(next.dueAt);
        next.dueAt += next.intervalMs;
        next.tick();
      }
      moveTo(end);
    },
    setWall(ms) {
      wall = ms;
    },
  };
}
