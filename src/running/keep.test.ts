import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeep } from './keep.ts';

test('a part is made once, shared by all who ask for its key, and closed when the last has let go', () => {
  const keep = createKeep();
  const closed: string[] = [];
  let made = 0;
  const take = (lease: ReturnType<typeof keep.lease>, key: string) =>
    lease.take(
      key,
      () => `${key}${++made}`,
      (part) => closed.push(part),
    );
  const [first, second] = [keep.lease(), keep.lease()];
  assert.equal(take(first, 'a'), 'a1');
  assert.equal(take(first, 'a'), 'a1');
  assert.equal(take(first, 'b'), 'b2');
  assert.equal(take(second, 'a'), 'a1');
  first.end();
  assert.deepEqual(closed, ['b2']);
  first.end();
  second.end();
  assert.deepEqual(closed, ['b2', 'a1']);
  assert.equal(keep.size(), 0);
  assert.equal(take(keep.lease(), 'a'), 'a3');
});

test('it is settled when what was let go is closed, and not before', async () => {
  const keep = createKeep();
  const { promise, resolve } = Promise.withResolvers<void>();
  const lease = keep.lease();
  lease.take(
    'slow',
    () => 0,
    () => promise,
  );
  lease.end();
  let settled = false;
  const settling = keep.settled().then(() => (settled = true));
  await new Promise((done) => setImmediate(done));
  assert.equal(settled, false);
  resolve();
  await settling;
});
