import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBreaker, type Breaker, type BreakerOptions } from './breaker.ts';

function setUp(options: Partial<BreakerOptions> = {}) {
  const time = { now: 5_000 };
  const states: string[] = [];
  const breaker = createBreaker(
    { failureRate: 0.5, minimumRequests: 4, windowMs: 10_000, openForMs: 3_000, probes: 1, ...options },
    { monotonic: () => time.now },
    (state) => states.push(state),
  );
  return { breaker, time, states };
}

function permitOf(breaker: Breaker): number {
  const permit = breaker.acquire();
  assert.notEqual(permit, undefined, 'no permit');
  return permit as number;
}

function fail(breaker: Breaker, times: number): void {
  for (let n = 0; n < times; n++) breaker.failure(permitOf(breaker));
}

test('CB-01 it opens at the threshold, and then nothing passes until its time is over', () => {
  const { breaker, time, states } = setUp();
  fail(breaker, 4);
  assert.equal(breaker.state(), 'open');
  for (const now of [5_000, 6_000, 7_999]) {
    time.now = now;
    assert.equal(breaker.acquire(), undefined);
  }
  assert.equal(breaker.retryAfterMs(), 1);
  time.now = 8_000;
  assert.equal(breaker.retryAfterMs(), 0);
  permitOf(breaker);
  assert.equal(breaker.openings(), 1);
  assert.deepEqual(states, ['open', 'half_open']);
});

test('CB-07 it does not open on fewer results than the minimum', () => {
  const { breaker } = setUp();
  fail(breaker, 3);
  assert.equal(breaker.state(), 'closed');
  // The fourth result decides, though it is a success.
  breaker.success(permitOf(breaker));
  assert.equal(breaker.state(), 'open');
});

test('it stays closed below the rate, and opens at it', () => {
  const { breaker } = setUp();
  for (let n = 0; n < 5; n++) breaker.success(permitOf(breaker));
  fail(breaker, 4);
  assert.equal(breaker.state(), 'closed');
  fail(breaker, 1);
  assert.equal(breaker.state(), 'open');
  const never = setUp({ failureRate: 0, minimumRequests: 1 });
  never.breaker.success(permitOf(never.breaker));
  assert.equal(never.breaker.state(), 'closed');
});

test('CB-11 results leave the window with time, busy or idle', () => {
  const { breaker, time } = setUp();
  fail(breaker, 3);
  time.now += 10_000;
  breaker.success(permitOf(breaker));
  fail(breaker, 1);
  assert.equal(breaker.state(), 'closed');
  time.now += 1_000_000;
  fail(breaker, 3);
  assert.equal(breaker.state(), 'closed');
  fail(breaker, 1);
  assert.equal(breaker.state(), 'open');
});

test('CB-02 of a thousand at half-open exactly the probes pass', () => {
  for (const probes of [1, 3]) {
    const { breaker, time } = setUp({ probes });
    fail(breaker, 4);
    time.now += 3_000;
    let passed = 0;
    for (let n = 0; n < 1_000; n++) if (breaker.acquire() !== undefined) passed++;
    assert.equal(passed, probes);
    assert.equal(breaker.retryAfterMs(), 0);
  }
});

test('CB-03 probes that succeed close it, one that fails opens it again for the whole time', () => {
  const { breaker, time, states } = setUp({ probes: 2 });
  fail(breaker, 4);
  time.now += 3_000;
  const [first, second] = [permitOf(breaker), permitOf(breaker)];
  breaker.success(first);
  assert.equal(breaker.acquire(), undefined);
  breaker.failure(second);
  assert.equal(breaker.state(), 'open');
  assert.equal(breaker.retryAfterMs(), 3_000);
  time.now += 3_000;
  const probes = [permitOf(breaker), permitOf(breaker)];
  for (const probe of probes) breaker.success(probe);
  assert.equal(breaker.state(), 'closed');
  // What was counted before it opened is forgotten.
  fail(breaker, 3);
  assert.equal(breaker.state(), 'closed');
  assert.deepEqual(states, ['open', 'half_open', 'open', 'half_open', 'closed']);
});

test('CB-03 a probe whose caller leaves gives its place to the next', () => {
  const { breaker, time } = setUp();
  fail(breaker, 4);
  time.now += 3_000;
  const probe = permitOf(breaker);
  assert.equal(breaker.acquire(), undefined);
  breaker.release(probe);
  breaker.success(permitOf(breaker));
  assert.equal(breaker.state(), 'closed');
});

test('CB-04 a request that ends without a verdict counts for nothing', () => {
  const { breaker } = setUp();
  for (let n = 0; n < 100; n++) breaker.release(permitOf(breaker));
  fail(breaker, 3);
  assert.equal(breaker.state(), 'closed');
});

test('a late result from an earlier state moves nothing', () => {
  const { breaker, time } = setUp();
  const late = [permitOf(breaker), permitOf(breaker), permitOf(breaker)];
  fail(breaker, 4);
  breaker.success(late[0]!);
  assert.equal(breaker.state(), 'open');
  time.now += 3_000;
  const probe = permitOf(breaker);
  breaker.failure(late[1]!);
  breaker.release(late[2]!);
  assert.equal(breaker.state(), 'half_open');
  assert.equal(breaker.acquire(), undefined);
  breaker.success(probe);
  assert.equal(breaker.state(), 'closed');
  breaker.failure(probe);
  fail(breaker, 3);
  assert.equal(breaker.state(), 'closed');
});
