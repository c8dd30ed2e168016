import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { createClientToken, type FetchToken } from './client-token.ts';

const LIFE_MS = 300_000;

/** A token whose requests wait until the test answers them, oldest first. */
function start({ random = 0, begin = true } = {}) {
  const clock = createFakeClock();
  const pending: { resolve: (token: Awaited<ReturnType<FetchToken>>) => void; reject: (error: Error) => void }[] = [];
  const events: { event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const made = createClientToken(
    { upstream: 'orders', token_endpoint: 'https://auth.example.com/token' },
    {
      clock,
      log: (_level, event, fields = {}) => events.push({ event, fields }),
      random: () => random,
      fetchToken() {
        const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<FetchToken>>>();
        pending.push({ resolve, reject });
        return promise;
      },
    },
  );
  if (begin) made.start();
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    ...made,
    clock,
    events,
    requests: () => made.state().requests,
    async answer(token: string, lifeMs = LIFE_MS) {
      pending.shift()!.resolve({ token, lifeMs });
      await settle();
    },
    async fail(message = 'connection refused') {
      pending.shift()!.reject(new Error(message));
      await settle();
    },
  };
}

const lineOf = (token: string) => `Authorization: Bearer ${token}\r\n`;

test('OA-14 nothing is asked for before the start, and the first token is asked for then', async () => {
  const token = start({ begin: false });
  assert.equal(token.requests(), 0);
  token.start();
  token.start();
  assert.equal(token.requests(), 1);
  assert.equal(token.line(), undefined);
  await token.answer('one');
  assert.equal(token.line(), lineOf('one'));
});

test('OA-14 1,000 calls at expiry wait for one token request, and all go on with its token', async () => {
  const token = start();
  // So short that it ends between two ticks, and nobody has renewed it.
  await token.answer('one', 1500);
  token.clock.advance(1500);
  assert.equal(token.line(), undefined);
  assert.equal(token.requests(), 1);
  const seen: (string | undefined)[] = [];
  for (let call = 0; call < 1000; call++) assert.ok(token.wait(() => seen.push(token.line())) !== undefined);
  assert.equal(token.requests(), 2);
  await token.answer('two');
  assert.equal(token.requests(), 2);
  assert.deepEqual(seen, Array(1000).fill(lineOf('two')));
});

test('OA-14 a token is renewed before it ends, at a moment left to chance, while the old one serves', async () => {
  for (const [random, at] of [
    [0, 0.7],
    [0.999, 0.84],
  ] as const) {
    const token = start({ random });
    await token.answer('one');
    token.clock.advance(LIFE_MS * at - 1000);
    assert.equal(token.requests(), 1, `at ${at}`);
    token.clock.advance(6000);
    assert.equal(token.requests(), 2, `at ${at}`);
    assert.equal(token.line(), lineOf('one'));
    await token.answer('two');
    assert.equal(token.line(), lineOf('two'));
  }
});

test('OA-14 a life is counted from before the token was asked for', async () => {
  const token = start();
  token.clock.advance(4000);
  await token.answer('one', 10_000);
  assert.equal(token.state().remainingMs, 6000);
  token.clock.advance(5999);
  assert.equal(token.line(), lineOf('one'));
  token.clock.advance(1);
  assert.equal(token.line(), undefined, 'not one moment longer');
});

test('OA-14 1,000 refusals of one token ask for one other, and late ones find it at hand', async () => {
  const token = start();
  await token.answer('one');
  for (let call = 0; call < 1000; call++) assert.equal(token.refused(lineOf('one')), true);
  assert.equal(token.requests(), 2);
  assert.equal(token.line(), undefined, 'nobody sends the old one meanwhile');
  await token.answer('two');
  assert.equal(token.refused(lineOf('one')), true, 'the new one is at hand');
  assert.equal(token.line(), lineOf('two'));
  assert.equal(token.requests(), 2);
});

test('OA-14 a service that takes no token earns one early request in 30 s', async () => {
  const token = start();
  await token.answer('one');
  assert.equal(token.refused(lineOf('one')), true);
  await token.answer('two');
  for (let call = 0; call < 100; call++) assert.equal(token.refused(lineOf('two')), false);
  assert.equal(token.requests(), 2);
  assert.equal(token.line(), lineOf('two'));
  token.clock.advance(30_000);
  assert.equal(token.refused(lineOf('two')), true);
  assert.equal(token.requests(), 3);
});

test('OA-15 a refused token comes back when no other can be had', async () => {
  const token = start();
  await token.answer('one');
  token.refused(lineOf('one'));
  await token.fail();
  assert.equal(token.line(), lineOf('one'));
  token.clock.advance(400);
  assert.equal(token.refused(lineOf('one')), false, 'the endpoint is left alone');
});

test('OA-15 with the endpoint down the token serves to its end; then nobody waits, and the endpoint is asked ever more seldom', async () => {
  const token = start();
  await token.answer('one');
  token.clock.advance(LIFE_MS * 0.7);
  for (let second = 0; second < LIFE_MS * 0.3; second += 1000) {
    assert.equal(token.line(), lineOf('one'));
    if (token.requests() > token.state().failures + 1) await token.fail();
    token.clock.advance(1000);
  }
  if (token.requests() > token.state().failures + 1) await token.fail();
  assert.equal(token.line(), undefined);
  assert.equal(
    token.wait(() => assert.fail('nobody waits')),
    undefined,
  );
  assert.ok(token.requests() <= 12, `${token.requests()} requests in 90 s`);
  assert.ok(token.retryAfterMs() >= 1000 && token.retryAfterMs() <= 30_000);
  assert.ok(token.events.some(({ event }) => event === 'client_token_lost'));
  const failed = token.events.filter(({ event }) => event === 'client_token_failed');
  assert.equal(failed[0]!.fields.keeping_old, true);
  assert.equal(failed.at(-1)!.fields.error, 'connection refused');

  token.clock.advance(30_000);
  await token.answer('two');
  assert.equal(token.line(), lineOf('two'));
});

test('OA-15 who waits hears of a request that failed, unless it left', async () => {
  const token = start();
  const heard: string[] = [];
  token.wait(() => heard.push('stayed'));
  token.wait(() => heard.push('left'))!();
  await token.fail();
  assert.deepEqual(heard, ['stayed']);
  assert.equal(token.line(), undefined);
});

test('OA-14 what ends after the close is not taken, and no text of a token is logged', async () => {
  const token = start();
  await token.answer('one');
  token.refused(lineOf('one'));
  token.close();
  await token.answer('two');
  assert.equal(token.line(), undefined);
  assert.ok(!JSON.stringify(token.events).includes('one'), JSON.stringify(token.events));
});
