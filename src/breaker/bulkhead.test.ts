import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBulkhead, type Waiting } from './bulkhead.ts';

function setUp(queueSize = 2) {
  const time = { now: 0 };
  const told: string[] = [];
  const bulkhead = createBulkhead({ max: 2, queueSize, queueMs: 100 }, () => time.now);
  const waiting = (name: string): Waiting => ({
    entered: () => told.push(`${name} entered`),
    notEntered: () => told.push(`${name} not`),
  });
  return { bulkhead, time, told, waiting };
}

test('RT-13 the limit enters, a few wait, the rest is turned away', () => {
  const { bulkhead, waiting } = setUp();
  const entries = ['a', 'b', 'c', 'd', 'e'].map((name) => bulkhead.enter(waiting(name)));
  assert.deepEqual(entries, ['entered', 'entered', 'queued', 'queued', 'full']);
  assert.equal(bulkhead.inside, 2);
  assert.equal(bulkhead.queued, 2);
});

test('who waits enters in order, and nobody overtakes', () => {
  const { bulkhead, told, waiting } = setUp();
  for (const name of ['a', 'b', 'c', 'd']) bulkhead.enter(waiting(name));
  bulkhead.exit(undefined);
  assert.deepEqual(told, ['c entered']);
  bulkhead.exit(undefined);
  assert.deepEqual(told, ['c entered', 'd entered']);
  assert.equal(bulkhead.inside, 2);
});

test('who has waited too long is turned away, and who left is not called', () => {
  const { bulkhead, time, told, waiting } = setUp(3);
  bulkhead.enter(waiting('a'));
  bulkhead.enter(waiting('b'));
  const gone = waiting('gone');
  bulkhead.enter(gone);
  bulkhead.enter(waiting('early'));
  time.now = 50;
  bulkhead.enter(waiting('late'));
  bulkhead.leave(gone);
  time.now = 100;
  bulkhead.sweep();
  assert.deepEqual(told, ['early not']);
  bulkhead.exit(undefined);
  assert.deepEqual(told, ['early not', 'late entered']);
});

test('a queue whose every member is out at once is emptied without recursion', () => {
  const bulkhead = createBulkhead({ max: 1, queueSize: 100_000, queueMs: 100 }, () => 0);
  let entered = 0;
  const brief: () => Waiting = () => ({
    entered() {
      entered++;
      bulkhead.exit(undefined);
    },
    notEntered: () => assert.fail('nobody waits that long'),
  });
  assert.equal(bulkhead.enter(brief()), 'entered');
  for (let n = 0; n < 100_000; n++) bulkhead.enter(brief());
  bulkhead.exit(undefined);
  assert.equal(entered, 100_000);
  assert.equal(bulkhead.inside, 0);
});
