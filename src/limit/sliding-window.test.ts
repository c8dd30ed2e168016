import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createSlidingWindow, type SlidingWindow, type SlidingWindowOptions } from './sliding-window.ts';

function windowOf(options: Partial<SlidingWindowOptions> = {}): SlidingWindow {
  return createSlidingWindow({ windowMs: 60_000, subWindows: 10, maxCallers: 1000, ...options });
}

/** What a limiter does with one request. */
function take(window: SlidingWindow, key: string, quota: number, nowMs: number): boolean {
  const slot = window.slotOf(key, nowMs);
  if (window.used(slot) >= quota) return false;
  window.count(slot, quota);
  return true;
}

function waitMs(window: SlidingWindow, key: string, quota: number, nowMs: number): number {
  return window.untilFreeMs(window.slotOf(key, nowMs), quota, nowMs);
}

test('RL-01 the quota passes and the next request waits for the oldest to leave', () => {
  const window = windowOf();
  for (let n = 0; n < 100; n++) assert.ok(take(window, 'a', 100, 1_000));
  assert.ok(!take(window, 'a', 100, 1_000));
  assert.ok(take(window, 'b', 100, 1_000));
  // Counted in the sub-window of 0 to 6 s, which is forgotten one sub-window after it left the window.
  assert.equal(waitMs(window, 'a', 100, 1_000), 65_000);
  assert.ok(!take(window, 'a', 100, 65_999.9));
  assert.ok(take(window, 'a', 100, 66_000));
});

test('RL-02 a burst just before an edge leaves nothing for just after it', () => {
  const window = windowOf();
  for (let n = 0; n < 100; n++) assert.ok(take(window, 'a', 100, 59_999));
  for (const now of [60_000, 66_000, 119_999]) assert.ok(!take(window, 'a', 100, now));
  assert.ok(take(window, 'a', 100, 120_000));
});

test('RL-06 of 500 attempts a second 10 a minute pass, for an hour', () => {
  const window = windowOf();
  let admitted = 0;
  for (let now = 0; now < 3_600_000; now += 2) if (take(window, 'address', 10, now)) admitted++;
  // One sub-window's longer wait: ten every 66 s.
  assert.equal(admitted, 10 * Math.ceil(3_600_000 / 66_000));
  assert.ok(take(window, 'other', 10, 3_600_000));
});

test('RL-05 refused requests do not lengthen the wait', () => {
  const window = windowOf();
  take(window, 'a', 1, 0);
  for (let now = 0; now < 66_000; now += 100) assert.ok(!take(window, 'a', 1, now));
  assert.ok(take(window, 'a', 1, 66_000));
});

test('RL-20 quotas of 0, 1 and the largest, windows of a second and a day', () => {
  for (const windowMs of [1_000, 86_400_000]) {
    const window = windowOf({ windowMs });
    assert.ok(!take(window, 'none', 0, 5));
    assert.equal(waitMs(window, 'none', 0, 5), windowMs);
    assert.ok(take(window, 'one', 1, 5));
    assert.ok(!take(window, 'one', 1, 6));
    for (let n = 0; n < 1_000; n++) assert.ok(take(window, 'huge', 0xffff_ffff, 5));
    assert.equal(window.used(window.slotOf('huge', 5)), 1_000);
    assert.equal(window.used(window.slotOf('huge', 5 + 2 * windowMs)), 0);
  }
});

test('RL-13 a clock that stands still or starts anywhere forgives nobody', () => {
  const window = windowOf();
  const start = 1e12 + 0.3;
  assert.ok(take(window, 'a', 1, start));
  assert.ok(!take(window, 'a', 1, start));
  assert.ok(!take(window, 'a', 1, start - 30_000));
  assert.ok(take(window, 'a', 1, start + waitMs(window, 'a', 1, start)));
});

test('a refund gives back exactly one request, in the sub-window it was counted in', () => {
  const window = windowOf();
  take(window, 'a', 3, 0);
  take(window, 'a', 3, 30_000);
  window.refund('a', 30_000);
  assert.equal(window.used(window.slotOf('a', 30_000)), 1);
  // None was counted there any more, nobody is known by that name, and the first has left by then.
  window.refund('a', 30_000);
  window.refund('b', 30_000);
  take(window, 'a', 3, 70_000);
  window.refund('a', 0);
  assert.equal(window.used(window.slotOf('a', 70_000)), 1);
});

test('RL-12 the coldest caller is forgotten first, and counted', () => {
  const window = windowOf({ maxCallers: 3 });
  for (const key of ['a', 'b', 'c', 'a', 'd']) take(window, key, 10, 0);
  assert.equal(window.size(), 3);
  assert.equal(window.evictions(), 1);
  assert.equal(window.used(window.slotOf('a', 0)), 2);
  assert.equal(window.used(window.slotOf('c', 0)), 1);
  assert.equal(window.used(window.slotOf('b', 0)), 0);
});

test('RL-12 who takes a forgotten place inherits nothing', () => {
  const window = windowOf({ maxCallers: 1 });
  take(window, 'a', 1, 0);
  assert.ok(take(window, 'b', 1, 6_000));
  // What `a` had counted leaves the window now; what `b` has stays for one sub-window more.
  assert.ok(!take(window, 'b', 1, 66_000));
  assert.ok(take(window, 'b', 1, 72_000));
});

test('RL-12 an idle caller makes room without being an eviction', () => {
  const window = windowOf({ maxCallers: 2 });
  take(window, 'a', 10, 0);
  take(window, 'b', 10, 0);
  take(window, 'c', 10, 66_000);
  assert.equal(window.evictions(), 0);
  assert.equal(window.used(window.slotOf('c', 66_000)), 1);
});

test('DOS-07 a flood of new callers does not free a limited one', () => {
  const window = windowOf({ maxCallers: 100 });
  while (take(window, 'limited', 5, 0));
  for (let n = 0; n < 100_000; n++) take(window, `flood${n}`, 5, 1);
  assert.ok(!take(window, 'limited', 5, 2));
  assert.equal(window.size(), 100);
  assert.equal(window.evictions(), 100_000 - 99);
});

test('DOS-07 when all are limited the coldest goes after all', () => {
  const window = windowOf({ maxCallers: 20 });
  for (let n = 0; n < 100; n++) take(window, `k${n}`, 1, 0);
  assert.equal(window.size(), 20);
  assert.equal(window.evictions(), 80);
});

test('growing keeps every count', () => {
  const window = windowOf({ maxCallers: 10_000 });
  for (let round = 0; round < 2; round++) for (let n = 0; n < 5_000; n++) take(window, `k${n}`, 10, round * 6_000);
  for (let n = 0; n < 5_000; n++) assert.equal(window.used(window.slotOf(`k${n}`, 7_000)), 2);
  assert.equal(window.size(), 5_000);
});

// Gaps that land on and beside the edges of sub-windows and windows, fractions included.
const gap = fc.oneof(
  fc.constantFrom(0, 0, 0, 1, 0.1, 99, 100, 101, 999, 999.9999, 1000, 1000.0001, 1001, 1099, 1100, 1101),
  fc.double({ min: 0, max: 1500, noNaN: true }),
);

test('RL-03 no trailing window ever holds more than the quota, and every wait is true', () => {
  const shape = fc.record({
    subWindows: fc.constantFrom(1, 2, 7, 10),
    quota: fc.integer({ min: 1, max: 12 }),
    start: fc.constantFrom(0, 0.5, 99.9, 123_456_789.123),
    gaps: fc.array(gap, { minLength: 1, maxLength: 120 }),
  });
  fc.assert(
    fc.property(shape, ({ subWindows, quota, start, gaps }) => {
      const windowMs = 1_000;
      const window = windowOf({ windowMs, subWindows });
      const log: number[] = [];
      let now = start;
      for (const step of gaps) {
        now += step;
        const wait = waitMs(window, 'a', quota, now);
        const used = window.used(window.slotOf('a', now));
        assert.ok(used >= 0 && used <= quota);
        if (take(window, 'a', quota, now)) {
          log.push(now);
          // The window that ends here, both its ends included.
          assert.ok(log.filter((at) => at >= now - windowMs).length <= quota);
          continue;
        }
        assert.ok(wait > 0 && wait <= windowMs + Math.ceil(windowMs / subWindows) + 1, `wait ${wait}`);
        // Never refused without reason: the quota was used within a window and one sub-window.
        const counted = windowMs + 2 * Math.ceil(windowMs / subWindows);
        assert.ok(log.filter((at) => at > now - counted).length >= quota);
        if (log.length % 3 === 0) {
          now += wait;
          assert.ok(take(window, 'a', quota, now), 'the wait was not long enough');
          log.push(now);
        }
      }
    }),
    { numRuns: 3_000 },
  );
});

test('RL-03 a million arrivals in bursts, lulls and on edges: none too many', () => {
  const windowMs = 1_000;
  const quota = 50;
  const window = windowOf({ windowMs });
  /** The last `quota` admissions, as a ring. */
  const log = new Float64Array(quota).fill(Number.NEGATIVE_INFINITY);
  let admitted = 0;
  let seed = 1;
  let now = 0.25;
  for (let n = 0; n < 1_000_000; n++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    const kind = (seed >>> 16) % 64;
    if (kind === 0) now = Math.ceil((now + 1) / 100) * 100 - 0.001;
    else if (kind === 1) now = Math.ceil((now + 1) / 100) * 100;
    else if (kind === 2) now += waitMs(window, 'a', quota, now);
    else if (kind < 20) now += ((seed >>> 8) % 1000) / 200;
    if (!take(window, 'a', quota, now)) continue;
    const oldest = admitted % quota;
    if (now - log[oldest]! <= windowMs) assert.fail(`over the quota at ${now}`);
    log[oldest] = now;
    admitted++;
  }
  assert.ok(admitted > 10_000 && admitted < 900_000, `${admitted} admitted`);
});

test('RL-03 many callers in one window do not touch each other', () => {
  const arrivals = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), gap), { maxLength: 200 });
  fc.assert(
    fc.property(arrivals, (steps) => {
      const shared = windowOf({ windowMs: 1_000, maxCallers: 6 });
      const alone = Array.from({ length: 6 }, () => windowOf({ windowMs: 1_000, maxCallers: 1 }));
      let now = 0;
      for (const [caller, step] of steps) {
        now += step;
        assert.equal(take(shared, `k${caller}`, 3, now), take(alone[caller]!, 'k', 3, now));
      }
    }),
    { numRuns: 500 },
  );
});
