import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DURATION, durationMs, formatQuota, quotaOf, RATE, RATIO, ratioOf, SIZE, sizeBytes } from './units.ts';

test('durations, sizes, rates and ratios are read', () => {
  assert.deepEqual(
    ['500ms', '30s', '10m', '1h', '2d', '0s'].map(durationMs),
    [500, 30_000, 600_000, 3_600_000, 172_800_000, 0],
  );
  assert.deepEqual(['10b', '64kb', '1mb', '2gb'].map(sizeBytes), [10, 65_536, 1_048_576, 2_147_483_648]);
  assert.deepEqual(['50%', '0.5%', '100%'].map(ratioOf), [0.5, 0.005, 1]);
  assert.deepEqual(quotaOf('10/min'), { requests: 10, windowMs: 60_000 });
  assert.deepEqual(quotaOf('5/s'), { requests: 5, windowMs: 1000 });
  assert.deepEqual(quotaOf('1000/hour'), { requests: 1000, windowMs: 3_600_000 });
  assert.deepEqual(quotaOf('20/10s'), { requests: 20, windowMs: 10_000 });
  assert.deepEqual(quotaOf('0/day'), { requests: 0, windowMs: 86_400_000 });
});

test('look-alikes are none of them', () => {
  for (const text of ['30', '30 s', '-1s', '1.5s', '1e3s', 's', '', '30S', '30s\n', '1234567890s', '٣s']) {
    assert.doesNotMatch(text, DURATION, text);
  }
  for (const text of ['1k', '1KB', '1.5mb', 'mb', '1 mb', '1mb\n']) assert.doesNotMatch(text, SIZE, text);
  for (const text of ['10', '10/', '10/minute', '10 / min', '10/-1s', '/s', '1.5/s', '10/ms'])
    assert.doesNotMatch(text, RATE, text);
  for (const text of ['50', '%', '-1%', '1e1%', '50 %']) assert.doesNotMatch(text, RATIO, text);
});

test('a quota is shown as it would be written', () => {
  for (const text of ['10/min', '5/s', '1000/hour', '20/10s', '1/day', '7/90s', '3/15min'])
    assert.equal(formatQuota(quotaOf(text)), text);
  assert.equal(formatQuota(quotaOf('5/60s')), '5/min');
});
