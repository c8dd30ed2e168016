import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../refusal.ts';
import { createLimiter, type Caller, type Limiter, type LimiterOptions } from './limiter.ts';
import { createSlidingWindow } from './sliding-window.ts';
import { checkAll, giveBack, NOTHING_TAKEN, takeAll, type Taken } from './take.ts';

const MINUTE = 60_000;

function limiterOf(options: Partial<LimiterOptions> = {}): Limiter {
  return createLimiter(
    {
      name: 'limit',
      by: { kind: 'address' },
      quota: { requests: 3, windowMs: MINUTE },
      plans: undefined,
      mode: 'enforce',
      ...options,
    },
    {
      counters: { allowed: 0, refused: 0, wouldRefuse: 0 },
      windowOf: (windowMs) => createSlidingWindow({ windowMs, subWindows: 10, maxCallers: 1000 }),
    },
  );
}

function anonymous(addressKey: string): Caller {
  return { addressKey, principal: undefined };
}

function userOf(subject: string, claims: Record<string, unknown> = {}, issuer = 'https://i'): Caller {
  const clientId = typeof claims.client_id === 'string' ? claims.client_id : undefined;
  const callerKey = `${issuer.length}:${issuer}s${subject}`;
  return { addressKey: '192.0.2.1', principal: { issuer, callerKey, clientId, claims: { iss: issuer, ...claims } } };
}

function taken(limiters: readonly Limiter[], caller: Caller, nowMs = 0, before?: Taken): Taken {
  const outcome = takeAll(limiters, caller, nowMs, before);
  assert.ok(!(outcome instanceof Refusal), 'was refused');
  return outcome;
}

function refused(limiters: readonly Limiter[], caller: Caller, nowMs = 0, before?: Taken): Refusal {
  const outcome = takeAll(limiters, caller, nowMs, before);
  assert.ok(outcome instanceof Refusal, 'was admitted');
  assert.equal(outcome.code, 'rate_limited');
  return outcome;
}

/** How many of `times` requests pass. */
function passes(limiter: Limiter, caller: Caller, times: number, nowMs = 0): number {
  let count = 0;
  for (let n = 0; n < times; n++) if (!(takeAll([limiter], caller, nowMs) instanceof Refusal)) count++;
  return count;
}

function header(refusal: Refusal, name: string): string | undefined {
  return refusal.headers.find(([other]) => other === name)?.[1];
}

test('RL-16 the fields are Structured Fields, and Retry-After is not before t', () => {
  const limiter = limiterOf({ name: 'per "user" \\ é' });
  assert.equal(
    taken([limiter], anonymous('a'), 1_000).headerText,
    'RateLimit-Policy: "per \\"user\\" \\\\ _";q=3;w=60\r\nRateLimit: "per \\"user\\" \\\\ _";r=2;t=65\r\n',
  );
  passes(limiter, anonymous('a'), 2, 1_000);
  const refusal = refused([limiter], anonymous('a'), 2_500);
  assert.equal(refusal.status, 429);
  assert.equal(header(refusal, 'RateLimit'), '"per \\"user\\" \\\\ _";r=0;t=64');
  assert.equal(header(refusal, 'RateLimit-Policy'), '"per \\"user\\" \\\\ _";q=3;w=60');
  assert.equal(header(refusal, 'Retry-After'), '64');
  taken([limiter], anonymous('a'), 2_500 + 64_000);
});

test('RL-04 a thousand requests at once at a quota of ten: ten pass', () => {
  const limiter = limiterOf({ quota: { requests: 10, windowMs: MINUTE } });
  assert.equal(passes(limiter, anonymous('a'), 1_000), 10);
  assert.deepEqual(limiter.counters, { allowed: 10, refused: 990, wouldRefuse: 0 });
  assert.equal(limiter.callers(), 1);
});

test('RL-08 a user is counted by name, and anyone without a principal by address', () => {
  const limiter = limiterOf({ by: { kind: 'user' } });
  assert.equal(limiter.stage, 'caller');
  assert.equal(passes(limiter, userOf('ann'), 5), 3);
  assert.equal(passes(limiter, { ...userOf('ann'), addressKey: '192.0.2.99' }, 5), 0);
  assert.equal(passes(limiter, userOf('bob'), 5), 3);
  assert.equal(passes(limiter, anonymous('192.0.2.1'), 5), 3);
  assert.equal(passes(limiter, userOf('ann', {}, 'https://other'), 5), 3);
});

test('by client and by claim, each within its issuer, else by address', () => {
  const client = limiterOf({ by: { kind: 'client' } });
  assert.equal(passes(client, userOf('ann', { client_id: 'app' }), 2), 2);
  assert.equal(passes(client, userOf('bob', { client_id: 'app' }), 5), 1);
  assert.equal(passes(client, userOf('bob', { client_id: 'app' }, 'https://other'), 5), 3);
  assert.equal(passes(client, userOf('ann'), 2), 2);
  assert.equal(passes(client, userOf('bob'), 5), 1);

  const claim = limiterOf({ by: { kind: 'claim', path: ['org', 'id'] } });
  assert.equal(passes(claim, userOf('ann', { org: { id: 'o1' } }), 2), 2);
  assert.equal(passes(claim, userOf('bob', { org: { id: 'o1' } }), 5), 1);
  for (const id of [1, '1', true, 'true', ['1'], { a: 1 }])
    assert.equal(passes(claim, userOf('x', { org: { id } }), 5), 3);
  assert.equal(passes(claim, userOf('x', { org: { id: '' } }), 1), 1);
  assert.equal(passes(claim, userOf('x', { org: { id: null } }), 1), 1);
  assert.equal(passes(claim, userOf('x', { org: 'o1' }), 1), 1);
  assert.equal(passes(claim, userOf('x', {}), 5), 0);
});

test('RL-09 no two callers share a key by accident', () => {
  const client = limiterOf({ by: { kind: 'client' } });
  const parts = [
    ['a', 'b:c'],
    ['a:b', 'c'],
    ['a', 'bc'],
    ['ab', 'c'],
    ['', 'abc'],
    ['1:a', 'b'],
  ] as const;
  for (const [issuer, id] of parts) assert.equal(passes(client, userOf('x', { client_id: id }, issuer), 5), 3);

  // An address that looks like a user's key is not that user, and no object is found that nobody put there.
  const user = limiterOf({ by: { kind: 'user' } });
  assert.equal(passes(user, userOf('ann'), 5), 3);
  for (const key of ['9:https://isann', 'u9:https://isann']) assert.equal(passes(user, anonymous(key), 5), 3);
  assert.equal(passes(user, anonymous('__proto__'), 5), 3);

  const claim = limiterOf({ by: { kind: 'claim', path: ['__proto__'] } });
  assert.equal(passes(claim, userOf('x'), 5), 3);
  assert.equal(passes(claim, anonymous('192.0.2.1'), 5), 0);
});

test('a claim as long as a token is counted, and apart from its neighbour', () => {
  const limiter = limiterOf({ by: { kind: 'claim', path: ['org'] } });
  const long = 'x'.repeat(16_000);
  assert.equal(passes(limiter, userOf('ann', { org: `${long}a` }), 5), 3);
  assert.equal(passes(limiter, userOf('ann', { org: `${long}b` }), 5), 3);
  assert.equal(passes(limiter, userOf('bob', { org: `${long}a` }), 5), 0);
});

function onPlan(plan: string): Caller {
  return userOf('ann', { plan });
}

test('RL-07 the quota is that of the plan; a change counts at once and forgives nothing', () => {
  const limiter = limiterOf({
    by: { kind: 'user' },
    quota: { requests: 5, windowMs: MINUTE },
    plans: {
      claim: ['plan'],
      quotas: new Map([
        ['free', { requests: 5, windowMs: MINUTE }],
        ['paid', { requests: 8, windowMs: MINUTE }],
        ['hourly', { requests: 2, windowMs: 60 * MINUTE }],
      ]),
    },
  });
  assert.equal(passes(limiter, onPlan('free'), 10), 5);
  assert.equal(passes(limiter, onPlan('paid'), 10), 3);
  const refusal = refused([limiter], onPlan('free'), 0);
  assert.equal(header(refusal, 'RateLimit'), '"limit";r=0;t=66');
  assert.equal(header(refusal, 'RateLimit-Policy'), '"limit";q=5;w=60');
  assert.equal(passes(limiter, onPlan('hourly'), 10), 2);
  for (const plan of ['gold', undefined, 7, ['paid'], 'constructor']) {
    assert.equal(passes(limiter, userOf(`u${String(plan)}`, { plan }), 10), 5);
  }
  assert.equal(passes(limiter, anonymous('a'), 10), 5);
});

test('a limit by address that depends on a plan waits for the principal', () => {
  const plans = { claim: ['plan'], quotas: new Map() };
  assert.equal(limiterOf({ plans }).stage, 'caller');
  assert.equal(limiterOf().stage, 'address');
});

test('several limits all apply, and none is charged when another refuses', () => {
  const wide = limiterOf({ name: 'wide', quota: { requests: 100, windowMs: MINUTE } });
  const narrow = limiterOf({ name: 'narrow', quota: { requests: 2, windowMs: 1_000 } });
  for (const order of [
    [wide, narrow],
    [narrow, wide],
  ]) {
    const caller = anonymous(order[0]!.name);
    taken(order, caller);
    assert.match(
      taken(order, caller).headerText,
      /^RateLimit-Policy: "\w+";q=\d+;w=\d+, "\w+";q=\d+;w=\d+\r\nRateLimit: /,
    );
    refused(order, caller);
    assert.match(taken([wide], caller).headerText, /r=97/);
  }
});

test('Retry-After speaks for the limit that takes longest', () => {
  const minute = limiterOf({ name: 'minute', quota: { requests: 1, windowMs: MINUTE } });
  const second = limiterOf({ name: 'second', quota: { requests: 1, windowMs: 1_000 } });
  taken([second, minute], anonymous('a'));
  const refusal = refused([second, minute], anonymous('a'));
  assert.equal(header(refusal, 'Retry-After'), '66');
  taken([second, minute], anonymous('a'), 66_000);
});

test('a refusal after authentication gives back what the address was charged before it', () => {
  const address = limiterOf({ name: 'address' });
  const user = limiterOf({ name: 'user', by: { kind: 'user' }, quota: { requests: 1, windowMs: MINUTE } });
  const request = (nowMs: number) => {
    // One object, on which the principal is noted between the two.
    const caller: { addressKey: string; principal: Caller['principal'] } = anonymous('192.0.2.1');
    const before = taken([address], caller, nowMs);
    caller.principal = userOf('ann').principal;
    return takeAll([user], caller, nowMs + 5, before);
  };
  const first = request(0);
  assert.ok(!(first instanceof Refusal));
  assert.match(first.headerText, /^RateLimit: "address";r=2;t=66, "user";r=0;t=66\r$/m);
  for (let n = 0; n < 10; n++) assert.ok(request(100) instanceof Refusal);
  assert.match(taken([address], anonymous('192.0.2.1'), 200).headerText, /r=1/);
  assert.equal(address.counters.allowed, 2);
});

test('what was taken can be given back whole', () => {
  const limiter = limiterOf();
  const before = taken([limiter], anonymous('a'));
  giveBack(taken([limiter], anonymous('a'), 10, before));
  giveBack(NOTHING_TAKEN);
  assert.equal(passes(limiter, anonymous('a'), 5, 20), 3);
});

test('a limit that observes refuses nobody, counts as if it did, and tells no caller', () => {
  const observer = limiterOf({ name: 'observer', mode: 'observe' });
  const enforcer = limiterOf({ name: 'enforcer', quota: { requests: 6, windowMs: MINUTE } });
  for (let n = 0; n < 6; n++) {
    const outcome = taken([observer, enforcer], anonymous('a'));
    assert.equal(outcome.wouldRefuse, n < 3 ? undefined : 'observer');
    assert.doesNotMatch(outcome.headerText, /observer/);
  }
  assert.deepEqual(observer.counters, { allowed: 3, refused: 0, wouldRefuse: 3 });
  assert.equal(header(refused([observer, enforcer], anonymous('a')), 'RateLimit'), '"enforcer";r=0;t=66');
  assert.equal(taken([observer], anonymous('b')).headerText, '');
  // It frees exactly when enforcing would have.
  assert.equal(taken([observer], anonymous('a'), 66_000).wouldRefuse, undefined);
});

test('a check charges nothing and refuses what is used up', () => {
  const limiter = limiterOf();
  for (let n = 0; n < 5; n++) assert.equal(checkAll([limiter], anonymous('a'), 0), undefined);
  assert.equal(passes(limiter, anonymous('a'), 5), 3);
  assert.equal(checkAll([limiter], anonymous('a'), 0)?.code, 'rate_limited');
  assert.equal(
    checkAll([limiterOf({ mode: 'observe', quota: { requests: 0, windowMs: 1 } })], anonymous('a'), 0),
    undefined,
  );
});

test('RL-20 a quota of 0 refuses all, and one past all counting refuses none', () => {
  assert.equal(
    header(refused([limiterOf({ quota: { requests: 0, windowMs: MINUTE } })], anonymous('a')), 'Retry-After'),
    '60',
  );
  const huge = limiterOf({ quota: { requests: Number.MAX_SAFE_INTEGER, windowMs: 86_400_000 } });
  assert.match(
    taken([huge], anonymous('a')).headerText,
    /q=4294967295;w=86400\r\nRateLimit: "limit";r=4294967294;t=\d+/,
  );
});

test('a route without limits costs nothing', () => {
  assert.equal(takeAll([], anonymous('a'), 0), NOTHING_TAKEN);
});
