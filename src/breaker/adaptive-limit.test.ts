import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAdaptiveLimit } from './adaptive-limit.ts';

/**
 * A service that does `capacity` requests at once in `baseMs` each; more only
 * wait. As many callers as the limit lets in, for half an hour.
 */
function serve(limit: ReturnType<typeof createAdaptiveLimit>, service: { capacity: number; baseMs: number }, from = 0) {
  let now = from;
  for (const until = from + 1_800_000; now < until;) {
    const inside = limit.limit;
    const latencyMs = service.baseMs * Math.max(1, inside / service.capacity);
    for (let n = 0; n < inside; n++) limit.sample(latencyMs, inside, now);
    now += latencyMs;
  }
  return now;
}

test('it settles a little above what the service does at once', () => {
  for (const capacity of [8, 40, 150]) {
    const limit = createAdaptiveLimit({ min: 1, max: 1_000 });
    serve(limit, { capacity, baseMs: 20 });
    assert.ok(limit.limit >= capacity, `${limit.limit} of ${capacity}`);
    assert.ok(limit.limit <= 4 * capacity + 10, `${limit.limit} of ${capacity}`);
  }
});

test('it falls when the service slows down, never below its least, and grows back', () => {
  const limit = createAdaptiveLimit({ min: 4, max: 1_000 });
  const before = serve(limit, { capacity: 100, baseMs: 20 });
  const well = limit.limit;
  let now = before;
  for (let n = 0; n < 200; n++) {
    limit.sample(5_000, limit.limit, (now += 100));
  }
  assert.ok(limit.limit < well / 2, `${limit.limit} after ${well}`);
  assert.ok(limit.limit >= 4);
  serve(limit, { capacity: 100, baseMs: 20 }, now);
  assert.ok(limit.limit >= 100, `${limit.limit} after it came back`);
});

test('it does not grow while most of it is unused', () => {
  const limit = createAdaptiveLimit({ min: 1, max: 1_000 });
  const start = limit.limit;
  for (let now = 0; now < 60_000; now += 10) limit.sample(20, 2, now);
  assert.equal(limit.limit, start);
});
