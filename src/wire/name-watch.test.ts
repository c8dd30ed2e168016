import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { oneRound } from '../../test/support/other-end.ts';
import type { Resolved } from './resolve.ts';
import { watchName } from './name-watch.ts';

interface Query {
  answer(addresses: readonly string[], ttlMs?: number): Promise<void>;
  fail(code: string): Promise<void>;
}

function setUp(random = () => 0) {
  const clock = createFakeClock();
  const queries: Query[] = [];
  const sets: (readonly string[])[] = [];
  const troubles: (string | undefined)[] = [];
  const watch = watchName('orders.internal', {
    clock,
    random,
    resolve() {
      const { promise, resolve, reject } = Promise.withResolvers<Resolved>();
      queries.push({
        answer(addresses, ttlMs) {
          resolve({ addresses, ttlMs });
          return oneRound();
        },
        fail(code) {
          reject(Object.assign(new Error('in vain'), { code }));
          return oneRound();
        },
      });
      return promise;
    },
    changed: (addresses) => sets.push(addresses),
    troubled: (fault) => troubles.push(fault),
  });
  watch.tick(clock.monotonic());
  clock.every(100, () => watch.tick(clock.monotonic()));
  const found = () =>
    new Promise<unknown>((resolve) =>
      watch.lookup('orders.internal', { all: true }, (error, addresses) => resolve(error?.code ?? addresses)),
    );
  return { clock, queries, sets, troubles, watch, found };
}

test('a name is asked for again when its TTL is over, and only what is new is told', async () => {
  const { clock, queries, sets } = setUp();
  await queries[0]!.answer(['10.0.0.1', '10.0.0.2'], 60_000);
  clock.advance(59_900);
  assert.equal(queries.length, 1);
  clock.advance(100);
  assert.equal(queries.length, 2);
  // In another order, as resolvers rotate them.
  await queries[1]!.answer(['10.0.0.2', '10.0.0.1'], 60_000);
  clock.advance(60_000);
  await queries[2]!.answer(['10.0.0.2', '10.0.0.3'], 60_000);
  assert.deepEqual(sets, [
    ['10.0.0.1', '10.0.0.2'],
    ['10.0.0.2', '10.0.0.3'],
  ]);
});

test('RT-11 a TTL of 0 is one of five seconds, and one of a week is one of five minutes', async () => {
  const { clock, queries } = setUp();
  await queries[0]!.answer(['10.0.0.1'], 0);
  clock.advance(4_900);
  assert.equal(queries.length, 1);
  clock.advance(100);
  assert.equal(queries.length, 2);
  await queries[1]!.answer(['10.0.0.1'], 604_800_000);
  clock.advance(300_000);
  assert.equal(queries.length, 3);
});

test('the TTL is a little shorter by chance', async () => {
  const { clock, queries } = setUp(() => 0.5);
  await queries[0]!.answer(['10.0.0.1'], 100_000);
  clock.advance(94_900);
  assert.equal(queries.length, 1);
  clock.advance(100);
  assert.equal(queries.length, 2);
});

test('RT-11 while the resolver is out, or answers nothing, the last known addresses stand', async () => {
  const { clock, queries, sets, troubles, watch } = setUp();
  await queries[0]!.answer(['10.0.0.1'], 5_000);
  for (let hours = 0; hours < 3600 / 5; hours++) {
    clock.advance(5_000);
    const query = queries.at(-1)!;
    if (hours % 2 === 0) await query.fail('ETIMEOUT');
    else await query.answer([]);
  }
  assert.equal(watch.failures(), 720);
  clock.advance(5_000);
  await queries.at(-1)!.answer(['10.0.0.1'], 5_000);
  assert.deepEqual(sets, [['10.0.0.1']]);
  assert.deepEqual(troubles, ['ETIMEOUT', undefined]);
});

test('RT-11 a resolver that does not answer is waited for once at a time, and its late answer is not heard', async () => {
  const { clock, queries, sets, troubles } = setUp();
  clock.advance(9_900);
  assert.equal(queries.length, 1);
  clock.advance(100);
  assert.deepEqual(troubles, ['timeout']);
  clock.advance(5_000);
  assert.equal(queries.length, 2);
  await queries[0]!.answer(['10.0.0.66'], 5_000);
  await queries[1]!.answer(['10.0.0.1'], 5_000);
  assert.deepEqual(sets, [['10.0.0.1']]);
});

test('RT-11 of a thousand addresses sixty-four are used, and the same ones as long as they are there', async () => {
  const { clock, queries, sets } = setUp();
  const thousand = Array.from({ length: 1_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
  await queries[0]!.answer(thousand, 5_000);
  clock.advance(5_000);
  await queries[1]!.answer(thousand.toReversed(), 5_000);
  clock.advance(5_000);
  await queries[2]!.answer(thousand.slice(1), 5_000);
  assert.deepEqual(sets, [thousand.slice(0, 64), thousand.slice(1, 65)]);
});

test('connections before the first answer wait for the one query, and hear what becomes of it', async () => {
  const { clock, queries, found } = setUp();
  const waiting = Promise.all(Array.from({ length: 100 }, found));
  assert.equal(queries.length, 1);
  await queries[0]!.fail('ESERVFAIL');
  assert.deepEqual(new Set(await waiting), new Set(['ENOTFOUND']));
  const again = found();
  clock.advance(5_000);
  await queries[1]!.answer(['10.0.0.1', 'fd00::1'], 5_000);
  assert.deepEqual(await again, [
    { address: '10.0.0.1', family: 4 },
    { address: 'fd00::1', family: 6 },
  ]);
  assert.deepEqual(await found(), await again, 'the answer is kept');
});

test('once closed it asks no more and hears nothing', async () => {
  const { clock, queries, sets, watch, found } = setUp();
  const waiting = found();
  watch.close();
  assert.equal(await waiting, 'ECANCELLED');
  await queries[0]!.answer(['10.0.0.1'], 0);
  clock.advance(100_000);
  assert.equal(queries.length, 1);
  assert.deepEqual(sets, []);
});
