import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRetryBudget } from './retry-budget.ts';

/** Of `attempts` retries at one moment after `requests` requests spread over the 10 s before. */
function granted(share: number, requests: number, attempts: number): number {
  const budget = createRetryBudget(share);
  for (let n = 0; n < requests; n++) budget.request((10_000 * n) / requests);
  let taken = 0;
  for (let n = 0; n < attempts; n++) if (budget.take(9_999)) taken++;
  return taken;
}

test('RT-04 of a thousand requests a second that all fail, a fifth is sent again', () => {
  assert.equal(granted(0.2, 10_000, 10_000), 2_000);
});

test('RT-04 with little traffic ten may be sent again in ten seconds', () => {
  assert.equal(granted(0.2, 3, 100), 10);
});

test('a budget of 0 never lets one through', () => {
  assert.equal(granted(0, 1_000, 100), 0);
});

test('what was spent comes back when the window has passed, not before', () => {
  const budget = createRetryBudget(0.2);
  let taken = 0;
  for (let now = 0; now < 60_000; now += 10) if (budget.take(now)) taken++;
  assert.ok(taken <= 60, `${taken} in a minute without requests`);
  assert.ok(taken >= 50, `${taken} in a minute without requests`);
});
