import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { oneRound } from '../../test/support/other-end.ts';
import { callOf } from '../../test/support/stored.ts';
import { StoreUnavailable, type TrailLink, type TrailRecord } from '../store/store.ts';
import { CHAIN_START, hashOf } from './chain.ts';
import { createTrail } from './trail.ts';

const LIMITS = { maxAgeMs: 90 * 86_400_000, maxRecords: 1000 };

/** A trail on a store that does what `answer` says. */
function trailOn(answer: (records: readonly TrailRecord[]) => Promise<void>, maxWaiting = 50_000) {
  const clock = createFakeClock();
  const asked: (readonly TrailRecord[])[] = [];
  const trims: (readonly [number, number])[] = [];
  const events: string[] = [];
  const store = {
    appendTrail: (records: readonly TrailRecord[]) => {
      asked.push(records);
      return answer(records);
    },
    trimTrail: async (before: number, most: number) => trims.push([before, most]),
  };
  const log = (_level: string, event: string): void => void events.push(event);
  const trail = createTrail(store, { clock, log }, { ...LIMITS, maxWaiting });
  async function pass(ms = 200): Promise<void> {
    clock.advance(ms);
    await oneRound();
  }
  return { clock, trail, asked, trims, events, pass };
}

const takes = async (): Promise<void> => {};
const away = async (): Promise<void> => {
  throw new StoreUnavailable('away');
};

test('nothing is written while a request notes; later all is, chained in the order it came', async () => {
  const { trail, asked, pass } = trailOn(takes);
  for (let at = 0; at < 1200; at++) trail.note(callOf(`c${at}`));
  await oneRound();
  assert.equal(asked.length, 0);
  assert.equal(trail.waiting(), 1200);
  await pass();
  assert.deepEqual(
    asked.map(({ length }) => length),
    [500, 500, 200],
  );
  let last: TrailLink = CHAIN_START;
  for (const [at, record] of asked.flat().entries()) {
    const { writer, sequence, event, hash } = record;
    assert.equal(event.client, `c${at}`);
    assert.equal(sequence, last.sequence + 1);
    assert.equal(hash, hashOf(last.hash, writer, sequence, event));
    last = record;
  }
  assert.equal(new Set(asked.flat().map(({ writer }) => writer)).size, 1);
  assert.deepEqual([trail.written(), trail.waiting(), trail.dropped()], [1200, 0, 0]);
});

test('each trail has a chain of its own', async () => {
  const [one, other] = [trailOn(takes), trailOn(takes)];
  for (const { trail, pass } of [one, other]) {
    trail.note(callOf('a'));
    await pass();
  }
  assert.notEqual(one.asked[0]?.[0]?.writer, other.asked[0]?.[0]?.writer);
});

test('a batch whose answer was lost is sent again as it was, and nothing overtakes it', async () => {
  let answer = away;
  const { trail, asked, events, pass } = trailOn(() => answer());
  trail.note(callOf('a'));
  await pass();
  trail.note(callOf('b'));
  await pass();
  assert.equal(trail.waiting(), 2);
  answer = takes;
  await pass();
  assert.deepEqual(
    asked.map((records) => records.map(({ event }) => event.client)),
    [['a'], ['a'], ['a'], ['b']],
  );
  assert.equal(asked[2], asked[0]);
  assert.deepEqual(events, ['trail_unavailable', 'trail_back']);
});

test('a store that does not answer is asked once, and too many events are dropped, counted and recorded', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { trail, asked, clock, pass } = trailOn(() => promise, 10);
  trail.note(callOf('first'));
  await pass();
  for (let at = 0; at < 13; at++) trail.note(callOf('later'));
  await pass(1000);
  assert.equal(asked.length, 1);
  assert.deepEqual([trail.waiting(), trail.dropped()], [11, 3]);
  resolve();
  await oneRound();
  const last = asked.flat().at(-1)?.event;
  assert.deepEqual([last?.kind, last?.detail, last?.at], ['records_dropped', '3', clock.wall()]);
  assert.deepEqual([trail.written(), trail.waiting(), trail.dropped()], [12, 0, 3]);
});

test('a batch that can never be stored is lost alone, and that is recorded in a chain of its own', async () => {
  let answer = async (): Promise<void> => {
    throw new RangeError('bug');
  };
  const { trail, asked, events, pass } = trailOn(() => answer());
  trail.note(callOf('a'));
  await pass();
  await pass();
  assert.deepEqual([asked.length, trail.dropped()], [1, 1]);
  answer = takes;
  trail.note(callOf('b'));
  await pass();
  const [lost, ...kept] = asked.flat();
  assert.deepEqual(
    kept.map(({ event }) => event.client ?? `${event.kind} ${event.detail}`),
    ['b', 'records_dropped 1'],
  );
  assert.ok(kept.every(({ writer }) => writer !== lost?.writer));
  assert.deepEqual(events, ['trail_batch_lost', 'trail_back']);
});

test('closing writes what waits', async () => {
  const { trail, asked } = trailOn(takes);
  trail.note(callOf('a'));
  await trail.close();
  assert.equal(asked.length, 1);
  trail.note(callOf('b'));
  assert.deepEqual([trail.written(), trail.dropped()], [1, 1]);
});

test('closing waits two seconds for a store that does not answer, and says what is lost', async () => {
  const { trail, events, clock } = trailOn(() => new Promise(() => {}));
  trail.note(callOf('a'));
  const closing = trail.close();
  await oneRound();
  clock.advance(2000);
  await closing;
  assert.deepEqual(events, ['trail_cut_short']);
  assert.equal(trail.dropped(), 1);
});

test('old records are deleted now and then', async () => {
  const { trims, clock, pass } = trailOn(takes);
  await pass(600_000);
  assert.deepEqual(trims, [[clock.wall() - LIMITS.maxAgeMs, LIMITS.maxRecords]]);
});
