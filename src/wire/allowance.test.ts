import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from './allowance.ts';

test('a burst is allowed at once, and then what each second adds', () => {
  const allowance = new Allowance({ burst: 10, perSecond: 2 }, 1000);
  assert.equal(allowance.take(10, 1000), true);
  assert.equal(allowance.take(1, 1000), false);
  assert.equal(allowance.take(1, 2000), true);
  assert.equal(allowance.take(1, 2000), false);
});

test('neither time nor credit adds up to more than the burst', () => {
  const allowance = new Allowance({ burst: 10, perSecond: 2 }, 0);
  assert.equal(allowance.take(0, 1_000_000), true);
  assert.equal(allowance.take(-50, 1_000_000), true);
  assert.equal(allowance.take(10, 1_000_000), true);
  assert.equal(allowance.take(1, 1_000_000), false);
});
