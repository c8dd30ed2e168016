import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { createPressure, type Pressure, type Priority } from './pressure.ts';
import type { Clock } from '../world.ts';

const SETTINGS = { eventLoopDelayMs: 100, memory: 0.95 };

/** A clock whose ticks come `lateMs` late. */
function createLateClock() {
  let now = 0;
  let tick = (): void => {};
  const clock: Clock = {
    monotonic: () => now,
    wall: () => now,
    every(_, run) {
      tick = run;
      return () => (tick = () => {});
    },
  };
  return {
    clock,
    look(lateMs: number) {
      now += 50 + lateMs;
      tick();
    },
  };
}

/** How many of 100 requests of each priority are refused. */
function refusedOf(pressure: Pressure): number[] {
  return ([0, 1, 2, 3] as const).map((priority: Priority) => {
    let refused = 0;
    for (let at = 0; at < 100; at++) if (pressure.level > priority && pressure.sheds(priority)) refused++;
    return refused;
  });
}

test('a loop that stays late refuses ever more, the least important first, and never operations', () => {
  const { clock, look } = createLateClock();
  const pressure = createPressure(SETTINGS, { clock, log: () => {} }, () => 0);
  look(500);
  assert.deepEqual(refusedOf(pressure), [0, 0, 0, 0], 'one pause is no overload');
  look(500);
  assert.deepEqual(refusedOf(pressure), [5, 0, 0, 0]);
  look(500);
  assert.deepEqual(refusedOf(pressure), [10, 0, 0, 0]);
  for (let at = 0; at < 24; at++) {
    look(500);
    refusedOf(pressure);
  }
  look(500);
  assert.deepEqual(refusedOf(pressure).slice(0, 2), [100, 35]);
  for (let at = 0; at < 60; at++) {
    look(500);
    refusedOf(pressure);
  }
  assert.deepEqual(refusedOf(pressure), [100, 100, 100, 0]);
  assert.equal(pressure.shed.length, 3);
});

test('a priority of which nothing comes is passed over', () => {
  const { clock, look } = createLateClock();
  const pressure = createPressure(SETTINGS, { clock, log: () => {} }, () => 0);
  const onlyNormal = () => pressure.level > 1 && pressure.sheds(1);
  for (let at = 0; at < 4; at++) {
    look(500);
    onlyNormal();
  }
  assert.ok(pressure.level > 1 && pressure.level < 1.2, String(pressure.level));
});

test('it holds where it is while the loop is a little late, and falls when it is not', () => {
  const { clock, look } = createLateClock();
  const said: unknown[] = [];
  const pressure = createPressure(
    SETTINGS,
    { clock, log: (level, event, fields) => void said.push([level, event, fields?.['sheds']]) },
    () => 0,
  );
  for (const lateMs of [200, 200, 70, 70]) look(lateMs);
  assert.equal(pressure.level, 0.05);
  for (const lateMs of [10, 10, 10]) look(lateMs);
  assert.equal(pressure.level, 0);
  assert.deepEqual(said, [
    ['error', 'overload', true],
    ['info', 'overload', false],
  ]);
});

test('DOS-10 from 95 % of the heap more and more requests are shed, from 98 % all and connections too', () => {
  const clock = createFakeClock();
  let share = 0.5;
  const pressure = createPressure(SETTINGS, { clock, log: () => {} }, () => share);
  const after = (now: number): readonly unknown[] => {
    share = now;
    clock.advance(50);
    return [Math.round(pressure.level * 100) / 100, pressure.isFull];
  };
  assert.deepEqual(after(0.95), [0, false]);
  assert.deepEqual(after(0.96), [1, false]);
  assert.deepEqual(after(0.97), [2, false]);
  assert.deepEqual(after(0.981), [3, true]);
  assert.deepEqual(after(0.6), [0, false]);
  pressure.close();
  assert.deepEqual(after(0.99), [0, false]);
});

test('DOS-10 the share is that of this process', () => {
  const clock = createFakeClock();
  const pressure = createPressure(SETTINGS, { clock, log: () => {} });
  clock.advance(50);
  assert.ok(pressure.heapShare > 0 && pressure.heapShare < 0.9, String(pressure.heapShare));
  pressure.close();
});
