import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { type SigningKey, createSigningKey } from '../../test/support/issuer.ts';
import { type FetchKeys, type KeyAnswer, createKeySet } from './keyset.ts';

const MINUTE = 60_000;
const first = await createSigningKey('ES256', 'first');
const second = await createSigningKey('ES256', 'second');

type Answer = Awaited<ReturnType<FetchKeys>>;

const setOf = (...keys: readonly SigningKey[]): Answer => ({ keys: keys.map((key) => key.jwk), maxAgeMs: undefined });

/** A key set whose fetches wait until the test answers them, oldest first. */
function start(options: { ttlMs?: number; maxStaleMs?: number } = {}) {
  const clock = createFakeClock();
  const pending: { answer: (answer: Answer) => void; fail: (error: Error) => void }[] = [];
  const events: { level: string; event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  let fetches = 0;
  const keySet = createKeySet(
    { jwksUri: 'https://auth.example.com/jwks', ttlMs: 10 * MINUTE, maxStaleMs: 60 * MINUTE, ...options },
    {
      clock,
      log: (level, event, fields = {}) => events.push({ level, event, fields }),
      fetchKeys() {
        fetches++;
        const { promise, resolve, reject } = Promise.withResolvers<Answer>();
        pending.push({ answer: resolve, fail: reject });
        return promise;
      },
      random: () => 1,
    },
  );
  keySet.start();

  return {
    ...keySet,
    clock,
    events,
    fetches: () => fetches,
    async answer(answer: Answer, which = 0) {
      pending.splice(which, 1)[0]!.answer(answer);
      await settle();
    },
    async fail(message = 'connection refused', which = 0) {
      pending.splice(which, 1)[0]!.fail(new Error(message));
      await settle();
    },
    /** Time passes a second at a time, and what it sets going runs. */
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 1000) {
        clock.advance(Math.min(1000, left));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** Lets promises that wait for nothing outside run to their end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function nameOf(answer: KeyAnswer | Promise<KeyAnswer>): string {
  if (answer instanceof Promise) return 'waiting';
  return typeof answer === 'string' ? answer : 'key';
}

async function startWith(...keys: readonly SigningKey[]) {
  const set = start();
  await set.answer(setOf(...keys));
  return set;
}

test('JWKS-02 requests at a cold start wait for one fetch', async () => {
  const set = start();
  assert.equal(set.ready(), false);
  const waiting = Array.from({ length: 1000 }, () => set.keyFor('first', 'ES256'));
  assert.equal(set.fetches(), 1);
  await set.answer(setOf(first));
  for (const answer of waiting) assert.equal(nameOf(await answer), 'key');
  assert.equal(set.fetches(), 1);
  assert.equal(set.ready(), true);
});

test('JWKS-02 they wait no longer than the fetch may take', async () => {
  const set = start();
  const waiting = set.keyFor('first', 'ES256');
  await set.pass(5000);
  assert.equal(nameOf(await waiting), 'unavailable');
  assert.equal(set.state().lastError, 'no answer in time');
  assert.ok(set.retryAfterMs() >= 1000);
});

test('a known key is answered at once, also while the set is renewed', async () => {
  const set = await startWith(first);
  await set.pass(8 * MINUTE);
  assert.equal(set.fetches(), 2);
  assert.equal(nameOf(set.keyFor('first', 'ES256')), 'key');
  assert.equal(nameOf(set.keyFor('first', 'RS256')), 'algorithm');
});

test('a set is renewed at 80 % of its time, and an equal one changes nothing', async () => {
  const set = await startWith(first);
  const version = set.version();
  await set.pass(8 * MINUTE - 1000);
  assert.equal(set.fetches(), 1);
  await set.pass(1000);
  assert.equal(set.fetches(), 2);
  await set.answer(setOf(first));
  assert.equal(set.version(), version);
  assert.equal(set.state().ageMs, 0);
});

test('JWKS-01 unknown keys by the thousand cause one fetch in a cooldown', async () => {
  const set = await startWith(first);
  const answers: (KeyAnswer | Promise<KeyAnswer>)[] = [];
  for (let n = 0; n < 10_000; n++) answers.push(set.keyFor(`unknown-${n}`, 'ES256'));
  assert.equal(set.fetches(), 2);
  assert.equal(nameOf(set.keyFor('first', 'ES256')), 'key');
  await set.answer(setOf(first));
  for (const answer of answers) assert.equal(await answer, 'unknown_key');
  for (let n = 0; n < 29; n++) {
    await set.pass(1000);
    assert.equal(nameOf(set.keyFor(`later-${n}`, 'ES256')), 'unknown_key');
  }
  assert.equal(set.fetches(), 2);
  await set.pass(1000);
  assert.equal(nameOf(set.keyFor('later', 'ES256')), 'waiting');
  assert.equal(set.fetches(), 3);
});

test('JWKS-03 a new key is accepted on its first request', async () => {
  const set = await startWith(first);
  const waiting = set.keyFor('second', 'ES256');
  await set.answer(setOf(first, second));
  assert.equal(nameOf(await waiting), 'key');
});

test('JWKS-03 a new key is accepted even if the fetch under way left before the rotation', async () => {
  const set = await startWith(first);
  await set.pass(8 * MINUTE);
  const waiting = set.keyFor('second', 'ES256');
  await set.answer(setOf(first));
  assert.equal(set.fetches(), 3);
  await set.answer(setOf(first, second));
  assert.equal(nameOf(await waiting), 'key');
});

test('JWKS-03 under a flood of unknown keys a new one waits for one cooldown at most', async () => {
  const set = await startWith(first);
  void set.keyFor('noise', 'ES256');
  await set.answer(setOf(first));
  assert.equal(nameOf(set.keyFor('second', 'ES256')), 'unknown_key');
  await set.pass(30_000);
  const waiting = set.keyFor('second', 'ES256');
  await set.answer(setOf(first, second));
  assert.equal(nameOf(await waiting), 'key');
});

test('JWKS-04 a key that left the set is gone with the next renewal, and the version changes', async () => {
  const set = await startWith(first, second);
  const version = set.version();
  await set.pass(8 * MINUTE);
  await set.answer(setOf(second));
  assert.notEqual(set.version(), version);
  assert.equal(nameOf(set.keyFor('first', 'ES256')), 'waiting');
  await set.answer(setOf(second));
  assert.equal(nameOf(set.keyFor('first', 'ES256')), 'unknown_key');
});

/** From here on every fetch fails, until the given time has passed. */
async function passWithFailures(set: ReturnType<typeof start>, ms: number) {
  for (let left = ms; left > 0; left -= 1000) {
    const before = set.fetches();
    await set.pass(1000);
    if (set.fetches() > before) await set.fail();
  }
}

test('JWKS-05 the last good set serves until it is too old, then nobody is let in', async () => {
  const set = await startWith(first);
  const version = set.version();
  await passWithFailures(set, 60 * MINUTE);
  assert.equal(nameOf(set.keyFor('first', 'ES256')), 'key');
  assert.equal(set.state().stale, true);
  assert.equal(set.events.filter(({ event }) => event === 'key_set_stale').length, 1);
  await passWithFailures(set, 1000);
  assert.equal(nameOf(await set.keyFor('first', 'ES256')), 'unavailable');
  assert.equal(set.ready(), false);
  assert.notEqual(set.version(), version);
  assert.equal(set.events.filter(({ event }) => event === 'key_set_lost').length, 1);
});

test('JWKS-05 an issuer that comes back is used again', async () => {
  const set = await startWith(first);
  await passWithFailures(set, 61 * MINUTE);
  await set.pass(30_000);
  await set.answer(setOf(second));
  assert.equal(nameOf(set.keyFor('second', 'ES256')), 'key');
  assert.equal(set.state().lastError, undefined);
});

test('JWKS-06 a set never had is unavailable, and retries are ever further apart', async () => {
  const set = start();
  await set.fail();
  assert.equal(nameOf(set.keyFor('first', 'ES256')), 'unavailable');
  const gaps: number[] = [];
  for (let attempt = 0; attempt < 7; attempt++) {
    const before = set.fetches();
    let seconds = 0;
    for (; set.fetches() === before; seconds++) await set.pass(1000);
    gaps.push(seconds);
    await set.fail();
  }
  assert.deepEqual(gaps, [1, 2, 4, 8, 16, 30, 30]);
});

test('JWKS-06 retries are spread by chance', async () => {
  const clock = createFakeClock();
  const delays = await Promise.all(
    [0, 0.5].map(async (chance) => {
      const set = createKeySet(
        { jwksUri: 'https://auth.example.com/jwks', ttlMs: 10 * MINUTE, maxStaleMs: 0 },
        { clock, log: () => {}, fetchKeys: () => Promise.reject(new Error('down')), random: () => chance },
      );
      set.start();
      await settle();
      for (let n = 0; n < 3; n++) {
        clock.advance(8000);
        await settle();
      }
      return set.retryAfterMs();
    }),
  );
  assert.notEqual(delays[0], delays[1]);
});

for (const [what, keys] of [
  ['an empty set', []],
  ['a set of broken keys', [{ kty: 'RSA' }, null]],
  ['a set with one kid twice', [first.jwk, { ...second.jwk, kid: 'first' }]],
] as const) {
  test(`JWKS-09 ${what} does not replace a good one, and is an error in the log`, async () => {
    const set = await startWith(first);
    await set.pass(8 * MINUTE);
    await set.answer({ keys, maxAgeMs: undefined });
    assert.equal(nameOf(set.keyFor('first', 'ES256')), 'key');
    assert.ok(set.events.some(({ level, event }) => level === 'error' && event === 'key_set_fetch_failed'));
  });
}

test('JWKS-09 a skipped key is one line in the log, not one at every fetch', async () => {
  const set = start();
  const broken = { ...first.jwk, kid: 'broken', y: first.jwk.x };
  await set.answer({ keys: [broken, first.jwk], maxAgeMs: undefined });
  await set.pass(8 * MINUTE);
  await set.answer({ keys: [second.jwk, broken, first.jwk], maxAgeMs: undefined });
  const lines = set.events.filter(({ event }) => event === 'key_skipped');
  assert.equal(lines.length, 1);
  assert.equal(lines[0]!.fields.kid, 'broken');
});

for (const [what, maxAgeMs, renewedAfterMs] of [
  ['no max-age', undefined, 8 * MINUTE],
  ['max-age=0', 0, 4 * MINUTE],
  ['7 minutes', 7 * MINUTE, 5.6 * MINUTE],
  ['ten years', 3650 * 24 * 60 * MINUTE, 12 * MINUTE],
  ['an endless max-age', Infinity, 12 * MINUTE],
] as const) {
  test(`JWKS-10 ${what}: the issuer is asked again after ${renewedAfterMs / 1000} s`, async () => {
    const set = start();
    await set.answer({ keys: [first.jwk], maxAgeMs });
    await set.pass(renewedAfterMs - 1000);
    assert.equal(set.fetches(), 1);
    await set.pass(1000);
    assert.equal(set.fetches(), 2);
  });
}

test('JWKS-11 an older fetch that ends after a newer one is ignored', async () => {
  const set = start();
  await set.pass(6000);
  assert.equal(set.fetches(), 2);
  await set.answer(setOf(second), 1);
  const version = set.version();
  await set.answer(setOf(first));
  assert.equal(set.version(), version);
  assert.equal(nameOf(set.keyFor('second', 'ES256')), 'key');
});

test('JWKS-11 a fetch that was given up still counts if nothing newer came', async () => {
  const set = start();
  await set.pass(5000);
  await set.answer(setOf(first));
  assert.equal(nameOf(set.keyFor('first', 'ES256')), 'key');
});

test('JWKS-11 a fetch that was given up and then fails has failed once', async () => {
  const set = start();
  await set.pass(6000);
  assert.equal(set.fetches(), 2);
  const retryAfterMs = set.retryAfterMs();
  await set.fail();
  assert.equal(set.state().failures, 1);
  assert.equal(set.retryAfterMs(), retryAfterMs);
});

test('JWKS-04 a set is as old as the request that fetched it', async () => {
  const set = start();
  await set.pass(3000);
  await set.answer(setOf(first));
  assert.equal(set.state().ageMs, 3000);
});

test('JWKS-13 jumps of the wall clock change nothing', async () => {
  const set = await startWith(first);
  for (const day of [24, -24]) {
    set.clock.setWall(set.clock.wall() + day * 60 * MINUTE);
    await set.pass(1000);
    assert.equal(set.fetches(), 1);
    assert.equal(nameOf(set.keyFor('first', 'ES256')), 'key');
  }
  await set.pass(8 * MINUTE);
  assert.equal(set.fetches(), 2);
});

test('JWKS-14 a failed early fetch says nothing about a key, and is tried again after the cooldown', async () => {
  const set = await startWith(first);
  const waiting = set.keyFor('second', 'ES256');
  await set.fail();
  assert.equal(nameOf(await waiting), 'unavailable');
  assert.equal(nameOf(set.keyFor('second', 'ES256')), 'unavailable');
  await set.pass(29_000);
  assert.equal(set.fetches(), 2);
  await set.pass(1000);
  const again = set.keyFor('second', 'ES256');
  await set.answer(setOf(first, second));
  assert.equal(nameOf(await again), 'key');
});

test('a closed set fetches no more, and lets go of those who wait', async () => {
  const set = start();
  const waiting = set.keyFor('first', 'ES256');
  set.close();
  assert.equal(nameOf(await waiting), 'unavailable');
  await set.answer(setOf(first));
  await set.pass(20 * MINUTE);
  assert.equal(set.fetches(), 1);
  assert.equal(set.ready(), false);
});
