import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConnectionCount } from './connection-limits.ts';

const TRUSTED = '10.0.0.1';
const options = {
  maxConnections: 5,
  maxPerAddress: 2,
  addressKeyOf: (address: string) => (address === TRUSTED ? undefined : address),
  isFull: () => false,
};

function entered(outcome: ReturnType<ReturnType<typeof createConnectionCount>['enter']>): () => void {
  assert.equal(typeof outcome, 'function', String(outcome));
  return outcome as () => void;
}

test('DOS-03 one address has its own limit, and what it closes it may open again', () => {
  const count = createConnectionCount(options);
  const first = entered(count.enter('a'));
  entered(count.enter('a'));
  assert.equal(count.enter('a'), 'over_address_limit');
  entered(count.enter('b'));
  first();
  entered(count.enter('a'));
  assert.equal(count.enter('a'), 'over_address_limit');
});

test('DOS-03 a trusted proxy has the limit of all alone', () => {
  const count = createConnectionCount(options);
  const leaves = Array.from({ length: 5 }, () => entered(count.enter(TRUSTED)));
  assert.equal(count.enter(TRUSTED), 'over_limit');
  assert.equal(count.enter('a'), 'over_limit');
  for (const leave of leaves) leave();
  entered(count.enter('a'));
});

test('DOS-10 without memory nobody new comes in, and what was open counts on', () => {
  let full = false;
  const count = createConnectionCount({ ...options, isFull: () => full });
  const leave = entered(count.enter('a'));
  full = true;
  assert.equal(count.enter('a'), 'out_of_memory');
  assert.equal(count.enter(TRUSTED), 'out_of_memory');
  leave();
  full = false;
  entered(count.enter('a'));
  entered(count.enter('a'));
});
