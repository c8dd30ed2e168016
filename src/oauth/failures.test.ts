import assert from 'node:assert/strict';
import test from 'node:test';
import { createFailures, MAX_FAILURES } from './failures.ts';

function fail(failures: ReturnType<typeof createFailures>, times: number, [client, address]: [string, string]): void {
  for (let time = 0; time < times; time++) failures.count(client, address, 0);
}

test('failures are counted for each pair of client and address', () => {
  const failures = createFailures();
  fail(failures, MAX_FAILURES - 1, ['billing', '192.0.2.1']);
  assert.equal(failures.count('billing', '192.0.2.1', 0), 'last');
  assert.deepEqual(failures.count('billing', '192.0.2.1', 10_000), { retryAfterMs: 50_000 });
  assert.equal(failures.count('billing', '192.0.2.2', 10_000), 'below');
  assert.equal(failures.count('orders', '192.0.2.1', 10_000), 'below');
  assert.equal(failures.count('billing', '192.0.2.1', 60_000), 'below');
});

test('a client and an address are not taken for another pair', () => {
  const failures = createFailures();
  fail(failures, MAX_FAILURES, ['a', 'bc']);
  assert.equal(failures.count('ab', 'c', 0), 'below');
});

test('memory is bounded: the oldest window is forgotten', () => {
  const failures = createFailures(2);
  fail(failures, MAX_FAILURES, ['first', 'x']);
  fail(failures, MAX_FAILURES, ['second', 'x']);
  fail(failures, 1, ['third', 'x']);
  assert.notEqual(failures.count('second', 'x', 0), 'below');
  assert.equal(failures.count('first', 'x', 0), 'below');
});
