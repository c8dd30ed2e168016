import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRetries, type RetryCase, type RetryOptions, type Unsuccessful } from './retries.ts';

const CONFIG: RetryOptions = { attempts: 1, after: ['connect', 'reset'], statuses: [503], budget: 0.2, backoffMs: 100 };
const FIRST: RetryCase = { retries: 0, elsewhere: true, nowMs: 0, deadlineAt: 1_000 };

function pause(after: Unsuccessful, sent: Partial<RetryCase> = {}, config: Partial<RetryOptions> = {}) {
  return createRetries({ ...CONFIG, ...config }, () => 0.5).pauseBefore(after, { ...FIRST, ...sent });
}

test('RT-01 after what was configured, at once on another target', () => {
  assert.equal(pause('connect'), 0);
  assert.equal(pause('reset'), 0);
  assert.equal(pause('timeout'), undefined);
  assert.equal(pause('timeout', {}, { after: ['timeout'] }), 0);
  assert.equal(pause('connect', {}, { attempts: 0 }), undefined);
  assert.equal(pause('connect', { retries: 1 }), undefined);
  assert.equal(pause('connect', { retries: 1 }, { attempts: 2 }), 0);
});

test('RT-10 on the same target after a pause that is all chance, longer each time', () => {
  assert.equal(pause('connect', { elsewhere: false }), 50);
  assert.equal(pause('connect', { elsewhere: false, retries: 1 }, { attempts: 2 }), 100);
});

test('RT-06 a reply that says when to come again is not asked for again, nor is the same target', () => {
  assert.equal(pause({ status: 503, asksToWait: false }), 0);
  assert.equal(pause({ status: 503, asksToWait: true }), undefined);
  assert.equal(pause({ status: 503, asksToWait: false }, { elsewhere: false }), undefined);
  assert.equal(pause({ status: 500, asksToWait: false }), undefined);
});

test('RT-08 no pause goes past the deadline', () => {
  assert.equal(pause('connect', { elsewhere: false, nowMs: 949 }), 50);
  assert.equal(pause('connect', { elsewhere: false, nowMs: 950 }), undefined);
  assert.equal(pause('connect', { nowMs: 1_000 }), undefined);
});

test('RT-04 what the budget does not allow is counted as such', () => {
  const retries = createRetries(CONFIG, Math.random);
  for (let n = 0; n < 100; n++) {
    retries.request(0);
    retries.pauseBefore('connect', FIRST);
  }
  assert.equal(retries.count(), 20);
  assert.equal(retries.refused(), 80);
});
