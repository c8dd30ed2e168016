import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { createHealth } from './health.ts';

/** Checks that a test answers; the fake clock ticks them. */
function setUp(random = () => 0) {
  const clock = createFakeClock();
  const begun: number[] = [];
  const changes: string[] = [];
  let done: (fault: string | undefined) => void = () => {};
  let givenUp = 0;
  const health = createHealth(
    { intervalMs: 10_000, timeoutMs: 2_000, healthy: 2, unhealthy: 3 },
    {
      clock,
      random,
      probe(answer) {
        begun.push(clock.monotonic());
        done = answer;
        return () => givenUp++;
      },
      changed: (isUp, fault) => changes.push(`${isUp ? 'up' : 'down'}: ${fault ?? ''}`),
    },
  );
  health.tick(clock.monotonic());
  clock.every(100, () => health.tick(clock.monotonic()));
  return {
    clock,
    health,
    begun,
    changes,
    givenUp: () => givenUp,
    /** Each answers the check that is under way, and waits for the next. */
    answer(...faults: (string | undefined)[]) {
      for (const fault of faults) {
        done(fault);
        clock.advance(10_000);
      }
    },
  };
}

test('three bad checks in a row take it down, and two good ones bring it back', () => {
  const { health, changes, answer } = setUp();
  answer('a', 'b', undefined, 'c', 'd');
  assert.equal(health.isUp(), true);
  answer('e');
  assert.equal(health.isUp(), false);
  answer(undefined, 'f', undefined);
  assert.equal(health.isUp(), false);
  answer(undefined);
  assert.equal(health.isUp(), true);
  assert.deepEqual(changes, ['down: e', 'up: ']);
  assert.deepEqual([health.checks('passed'), health.checks('failed')], [4, 6]);
});

test('a check that is not answered in time is a bad one, and what it says later is not heard', () => {
  const { clock, health, changes, givenUp, answer } = setUp();
  clock.advance(30_000);
  assert.deepEqual(changes, ['down: timeout']);
  assert.equal(givenUp(), 3);
  answer(undefined, undefined);
  assert.equal(health.isUp(), true);
});

test('the interval is a little shorter by chance', () => {
  const { health } = setUp(() => 0.5);
  assert.equal(health.nextInMs(), 9_000);
  assert.equal(setUp(() => 0).health.nextInMs(), 10_000);
});

test('once closed it gives up its check, and begins no other', () => {
  const { clock, health, begun, givenUp } = setUp();
  health.close();
  clock.advance(100_000);
  assert.equal(givenUp(), 1);
  assert.equal(begun.length, 1);
});
