import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createDemand } from './demand.ts';

const MINUTE = 60_000;

test('the peak is of any trailing window, wherever it begins', () => {
  const demand = createDemand(MINUTE);
  // 50 at the end of one minute and 50 at the beginning of the next are 100 in a trailing minute.
  for (let at = 0; at < 50; at++) demand.take({ key: 'a', caller: 'a', atMs: 59_000 + at, refused: false });
  for (let at = 0; at < 50; at++) demand.take({ key: 'a', caller: 'a', atMs: 61_000 + at, refused: false });
  assert.equal(demand.top(1, ({ peak }) => peak)[0]?.peak, 100);
});

test('a peak is never less than the truth, and no more than what a window and a sixtieth of it hold', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 60 }), (gaps) => {
      const demand = createDemand(MINUTE);
      const times: number[] = [];
      let atMs = 0;
      for (const gap of gaps) {
        times.push((atMs += gap));
        demand.take({ key: 'a', caller: 'a', atMs, refused: false });
      }
      const within = (ms: number) =>
        Math.max(...times.map((end) => times.filter((at) => at <= end && at > end - ms).length));
      const peak = demand.top(1, (one) => one.peak)[0]!.peak;
      assert.ok(peak >= within(MINUTE) && peak <= within(MINUTE + 1001), `${peak}`);
    }),
  );
});

test('the quota suggested refuses no more than the share, and one less would refuse more', () => {
  const demand = createDemand(MINUTE);
  // Ten callers with 10 requests, one with 100, all at once.
  for (let caller = 0; caller < 10; caller++) {
    for (let at = 0; at < 10; at++) demand.take({ key: `${caller}`, caller: '', atMs: 0, refused: false });
  }
  for (let at = 0; at < 100; at++) demand.take({ key: 'hot', caller: '', atMs: 0, refused: false });
  // Of 200 requests, 20 find more than 80 of their own.
  assert.equal(demand.quotaFor(0.1), 80);
  assert.equal(demand.quotaFor(0), 100);
  assert.equal(demand.quotaFor(1), 1);
});
