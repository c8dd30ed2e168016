import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../test/support/clock.ts';
import { createPressure } from './pressure.ts';

test('DOS-10 from 95 % of the heap requests are shed, from 98 % connections, and below it nothing; each change is said once', () => {
  const clock = createFakeClock();
  const said: unknown[] = [];
  let share = 0.5;
  const pressure = createPressure(
    { clock, log: (level, event, fields) => void said.push([level, event, fields?.['sheds']]) },
    () => share,
  );
  const after = (now: number) => {
    share = now;
    clock.advance(1000);
    return [pressure.heapShare, pressure.sheds, pressure.isFull];
  };
  assert.deepEqual(after(0.94), [0.94, false, false]);
  assert.deepEqual(after(0.95), [0.95, true, false]);
  assert.deepEqual(after(0.98), [0.98, true, true]);
  assert.deepEqual(after(0.96), [0.96, true, false]);
  assert.deepEqual(after(0.6), [0.6, false, false]);
  assert.deepEqual(said, [
    ['error', 'memory_pressure', true],
    ['info', 'memory_pressure', false],
  ]);
  pressure.close();
  assert.deepEqual(after(0.99), [0.6, false, false]);
});

test('DOS-10 the share is that of this process', () => {
  const clock = createFakeClock();
  const pressure = createPressure({ clock, log: () => {} });
  clock.advance(1000);
  assert.ok(pressure.heapShare > 0 && pressure.heapShare < 0.9, String(pressure.heapShare));
  pressure.close();
});
