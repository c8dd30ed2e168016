import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBreaker, type Breaker, type BreakerOptions, type OpeningReason } from './breaker.ts';

const OPTIONS: BreakerOptions = {
  failureRate: 0.5,
  minimumRequests: 4,
  consecutiveFailures: Number.POSITIVE_INFINITY,
  slowCallMs: Number.POSITIVE_INFINITY,
  slowCallRate: 0.8,
  windowMs: 10_000,
  openForMs: 3_000,
  maxOpenForMs: 20_000,
  probes: 1,
};

function setUp(options: Partial<BreakerOptions> = {}, random = () => 0) {
  const time = { now: 5_000 };
  const changes: string[] = [];
  const breaker = createBreaker(
    { ...OPTIONS, ...options },
    {
      clock: { monotonic: () => time.now },
      random,
      changed: (state, reason) => changes.push(`${state}: ${reason}`),
    },
  );
  return { breaker, time, changes };
}

function permitOf(breaker: Breaker): number {
  const permit = breaker.acquire();
  assert.notEqual(permit, undefined, 'no permit');
  return permit as number;
}

function fail(breaker: Breaker, times: number): void {
  for (let n = 0; n < times; n++) breaker.failure(permitOf(breaker));
}

function succeed(breaker: Breaker, times: number, tookMs = 1): void {
  for (let n = 0; n < times; n++) breaker.success(permitOf(breaker), tookMs);
}

test('CB-01 it opens at the threshold, and then nothing passes until its time is over', () => {
  const { breaker, time, changes } = setUp();
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
  assert.equal(breaker.openings('failure_rate'), 1);
  assert.deepEqual(changes, ['open: failure_rate', 'half_open: open_time_over']);
});

test('CB-07 it does not open on fewer results than the minimum', () => {
  const { breaker } = setUp();
  fail(breaker, 3);
  assert.equal(breaker.state(), 'closed');
  // The fourth result decides, though it is a success.
  succeed(breaker, 1);
  assert.equal(breaker.state(), 'open');
});

test('CB-07 with little traffic, failures in a row open it, and one success between them does not', () => {
  const { breaker, time, changes } = setUp({ minimumRequests: 20, consecutiveFailures: 5 });
  for (let n = 0; n < 4; n++) {
    fail(breaker, 1);
    // However far apart they are.
    time.now += 60_000;
  }
  succeed(breaker, 1);
  fail(breaker, 4);
  assert.equal(breaker.state(), 'closed');
  fail(breaker, 1);
  assert.deepEqual(changes, ['open: consecutive_failures']);
});

test('it stays closed below the rate, and opens at it', () => {
  const { breaker } = setUp();
  succeed(breaker, 5);
  fail(breaker, 4);
  assert.equal(breaker.state(), 'closed');
  fail(breaker, 1);
  assert.equal(breaker.state(), 'open');
});

test('CB-06 slow successes open it at their rate, and failures are not slow as well', () => {
  const { breaker, changes } = setUp({ slowCallMs: 2_000, slowCallRate: 0.8, minimumRequests: 5 });
  succeed(breaker, 2, 1_999);
  succeed(breaker, 7, 2_000);
  assert.equal(breaker.state(), 'closed');
  succeed(breaker, 1, 10_000);
  assert.deepEqual(changes, ['open: slow_calls']);
});

test('CB-06 a probe that is slow has failed', () => {
  const { breaker, time, changes } = setUp({ slowCallMs: 2_000 });
  fail(breaker, 4);
  time.now += 3_000;
  succeed(breaker, 1, 2_000);
  assert.equal(changes.at(-1), 'open: probe_failed');
});

test('CB-11 results leave the window with time, busy or idle', () => {
  const { breaker, time } = setUp();
  fail(breaker, 3);
  time.now += 10_000;
  succeed(breaker, 1);
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

test('CB-03 probes that succeed close it, one that fails opens it again for twice the time', () => {
  const { breaker, time, changes } = setUp({ probes: 2 });
  fail(breaker, 4);
  time.now += 3_000;
  const [first, second] = [permitOf(breaker), permitOf(breaker)];
  breaker.success(first, 1);
  assert.equal(breaker.acquire(), undefined);
  breaker.failure(second);
  assert.equal(breaker.state(), 'open');
  assert.equal(breaker.retryAfterMs(), 6_000);
  time.now += 6_000;
  const probes = [permitOf(breaker), permitOf(breaker)];
  for (const probe of probes) breaker.success(probe, 1);
  assert.equal(breaker.state(), 'closed');
  // What was counted before it opened is forgotten.
  fail(breaker, 3);
  assert.equal(breaker.state(), 'closed');
  assert.deepEqual(changes, [
    'open: failure_rate',
    'half_open: open_time_over',
    'open: probe_failed',
    'half_open: open_time_over',
    'closed: probes_succeeded',
  ]);
});

test('CB-03 a probe whose caller leaves gives its place to the next', () => {
  const { breaker, time } = setUp();
  fail(breaker, 4);
  time.now += 3_000;
  const probe = permitOf(breaker);
  assert.equal(breaker.acquire(), undefined);
  breaker.release(probe);
  succeed(breaker, 1);
  assert.equal(breaker.state(), 'closed');
});

test('CB-03 a probe that is never heard of again does not keep it half-open', () => {
  const { breaker, time } = setUp();
  fail(breaker, 4);
  time.now += 3_000;
  permitOf(breaker);
  time.now += 2_999;
  assert.equal(breaker.acquire(), undefined);
  time.now += 1;
  succeed(breaker, 1);
  assert.equal(breaker.state(), 'closed');
});

/** The open times of a circuit that opens again and again, each probe failing. */
function openTimes(count: number, random: () => number): number[] {
  const { breaker, time } = setUp({}, random);
  fail(breaker, 4);
  return Array.from({ length: count }, () => {
    const waitMs = breaker.retryAfterMs();
    time.now += waitMs;
    fail(breaker, 1);
    return waitMs;
  });
}

test('CB-08 the open time doubles up to its maximum, less what chance takes off', () => {
  assert.deepEqual(
    openTimes(5, () => 0),
    [3_000, 6_000, 12_000, 20_000, 20_000],
  );
  for (const [at, waitMs] of openTimes(5, () => 0.5).entries())
    assert.ok(Math.abs(waitMs - [2_700, 5_400, 10_800, 18_000, 18_000][at]!) < 0.001, String(waitMs));
});

test('CB-08 a target that fails as soon as it is back is probed ever more rarely, until it was well for a while', () => {
  const { breaker, time } = setUp();
  const waits: number[] = [];
  for (let n = 0; n < 4; n++) {
    fail(breaker, 4);
    waits.push(breaker.retryAfterMs());
    time.now += breaker.retryAfterMs();
    succeed(breaker, 1);
    assert.equal(breaker.state(), 'closed');
    time.now += 1_000;
  }
  assert.deepEqual(waits, [3_000, 6_000, 12_000, 20_000]);
  // Closed for a millisecond less than it was open, then for as long.
  for (const [closedMs, waitMs] of [
    [18_999, 20_000],
    [20_000, 3_000],
  ] as const) {
    time.now += closedMs;
    fail(breaker, 4);
    assert.equal(breaker.retryAfterMs(), waitMs);
    time.now += waitMs;
    succeed(breaker, 1);
  }
});

test('CB-08 a flapping target sees no more probes than the backoff allows', () => {
  const { breaker, time, changes } = setUp();
  // Every other request fails, one every 10 ms, for ten minutes.
  for (let n = 0; n < 60_000; n++) {
    time.now += 10;
    const permit = breaker.acquire();
    if (permit === undefined) continue;
    if (n % 2 === 0) breaker.failure(permit);
    else breaker.success(permit, 1);
  }
  const openings = changes.filter((change) => change.startsWith('open')).length;
  // 3, 6 and 12 s, and then every 20 s.
  assert.ok(openings <= 3 + 600 / 20, String(openings));
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
  breaker.success(late[0]!, 1);
  assert.equal(breaker.state(), 'open');
  time.now += 3_000;
  const probe = permitOf(breaker);
  breaker.failure(late[1]!);
  breaker.release(late[2]!);
  assert.equal(breaker.state(), 'half_open');
  assert.equal(breaker.acquire(), undefined);
  breaker.success(probe, 1);
  assert.equal(breaker.state(), 'closed');
  breaker.failure(probe);
  fail(breaker, 3);
  assert.equal(breaker.state(), 'closed');
});

test('each opening is counted under its reason', () => {
  const { breaker, time } = setUp();
  fail(breaker, 4);
  time.now += 3_000;
  fail(breaker, 1);
  const counts = (['failure_rate', 'consecutive_failures', 'slow_calls', 'probe_failed'] satisfies OpeningReason[]).map(
    breaker.openings,
  );
  assert.deepEqual(counts, [1, 0, 0, 1]);
});
