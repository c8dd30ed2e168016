import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentile, spreadOf } from './statistics.ts';

test('the median of an even number of rounds lies between the middle two', () => {
  assert.deepEqual(spreadOf([9, 1, 3, 100]), { median: 6, least: 1, most: 100 });
  assert.deepEqual(spreadOf([9, 1, 30]), { median: 9, least: 1, most: 30 });
});

test('a percentile is a value that was measured, the slowest one at the far end', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, at) => at + 1);
  assert.equal(percentile(hundred, 0.5), 50);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile(hundred, 0.999), 100);
  assert.equal(percentile([7], 0.5), 7);
});
