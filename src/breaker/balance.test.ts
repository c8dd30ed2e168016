import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBalancer, type Balancer, type Strategy } from './balance.ts';
import { hashOf } from './rendezvous.ts';

interface Target {
  readonly name: string;
  readonly weight: number;
  share: number;
  underWay: number;
}

const STRATEGIES = ['round_robin', 'least_requests', 'consistent_hash'] as const satisfies Strategy[];
const all = (_target: Target) => true;

function targetsOf(...weights: number[]): Target[] {
  return weights.map((weight, at) => ({ name: `10.0.0.${at}:80`, weight, share: 1, underWay: 0 }));
}

/** Numbers that are the same in every run, and spread over 0 to 1. */
function createRandom(): () => number {
  let seed = 1;
  return () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function setUp(strategy: Strategy, ...weights: number[]) {
  const targets = targetsOf(...weights);
  return { targets, balancer: createBalancer(strategy, targets, createRandom()) };
}

/** How many of `times` requests, each with a key of its own and over at once, each target gets. */
function counts(balancer: Balancer<Target>, targets: readonly Target[], times: number, accepts = all): number[] {
  const tally = new Map<Target | undefined, number>();
  for (let n = 0; n < times; n++) {
    const target = balancer.pick(accepts, hashOf(`caller ${n}`));
    tally.set(target, (tally.get(target) ?? 0) + 1);
  }
  return targets.map((target) => tally.get(target) ?? 0);
}

function assertNear(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  for (const [at, count] of actual.entries())
    assert.ok(
      Math.abs(count - expected[at]!) <= tolerance * expected[at]!,
      `${actual.join()} is not near ${expected.join()}`,
    );
}

for (const strategy of STRATEGIES) {
  test(`${strategy}: each target is offered once, and nobody is picked when none accepts`, () => {
    for (const count of [1, 2, 3, 10]) {
      const { targets, balancer } = setUp(strategy, ...Array.from({ length: count }, () => 1));
      for (let n = 0; n < 20; n++) {
        const offered: Target[] = [];
        const refuse = (target: Target) => offered.push(target) === 0;
        assert.equal(balancer.pick(refuse, hashOf(String(n))), undefined);
        assert.deepEqual(new Set(offered), new Set(targets));
        assert.equal(offered.length, count);
      }
    }
  });

  test(`${strategy}: each target gets as many as it weighs`, () => {
    for (const weights of [
      [1, 1, 1, 1, 1],
      [5, 3, 2],
      [3, 1],
    ]) {
      const { targets, balancer } = setUp(strategy, ...weights);
      const sum = weights.reduce((total, weight) => total + weight);
      assertNear(
        counts(balancer, targets, 10_000),
        weights.map((weight) => (10_000 * weight) / sum),
        0.06,
      );
    }
  });

  test(`${strategy}: what a target refuses is spread over the others`, () => {
    const { targets, balancer } = setUp(strategy, 1, 1, 1, 1);
    const spread = counts(balancer, targets, 9_000, (target) => target !== targets[1]);
    assertNear(spread, [3_000, 0, 3_000, 3_000], 0.06);
  });

  test(`${strategy}: a target that ramps up gets its share of what it weighs`, () => {
    const { targets, balancer } = setUp(strategy, 1, 1, 1, 1);
    targets[2]!.share = 0.1;
    assertNear(counts(balancer, targets, 15_500), [5_000, 5_000, 500, 5_000], 0.15);
    targets[2]!.share = 1;
    assertNear(counts(balancer, targets, 8_000), [2_000, 2_000, 2_000, 2_000], 0.06);
  });
}

test('round robin takes turns, the heavy ones spread among the light', () => {
  const { targets, balancer } = setUp('round_robin', 3, 1);
  const order = Array.from({ length: 8 }, () => targets.indexOf(balancer.pick(all, 0)!));
  assert.deepEqual(order, [0, 0, 1, 0, 0, 0, 1, 0]);
});

test('least requests of two takes the one with less to do, and equals take turns', () => {
  const { targets, balancer } = setUp('least_requests', 1, 1);
  const pick = () => targets.indexOf(balancer.pick(all, 0)!);
  assert.deepEqual([pick(), pick(), pick(), pick()], [0, 1, 0, 1]);
  targets[0]!.underWay = 3;
  targets[1]!.underWay = 2;
  assert.deepEqual([pick(), pick(), pick()], [1, 1, 1]);
});

test('least requests by weight: twice the weight may have twice as much to do', () => {
  const { targets, balancer } = setUp('least_requests', 2, 1);
  targets[0]!.underWay = 3;
  targets[1]!.underWay = 2;
  assert.equal(balancer.pick(all, 0), targets[0]);
});

test('least requests of many: a slow target keeps few of them', () => {
  const { targets, balancer } = setUp('least_requests', 1, 1, 1, 1, 1);
  // The first answers nothing; of the others, the oldest request ends with each new one.
  const under: Target[] = [];
  for (let n = 0; n < 1_000; n++) {
    const target = balancer.pick(all, 0)!;
    target.underWay++;
    if (target !== targets[0]) under.push(target);
    if (under.length > 8) under.shift()!.underWay--;
  }
  assert.ok(targets[0]!.underWay < 15, String(targets[0]!.underWay));
});

test('consistent hashing: a target that goes takes its own keys with it and no others', () => {
  const targets = targetsOf(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
  const before = createBalancer('consistent_hash', targets, createRandom());
  const left = targets.filter((_, at) => at !== 4);
  const after = createBalancer('consistent_hash', left, createRandom());
  const moved: Target[] = [];
  for (let n = 0; n < 10_000; n++) {
    const key = hashOf(`caller ${n}`);
    const [was, is] = [before.pick(all, key)!, after.pick(all, key)!];
    // Refused by its breaker or gone from the list: the same target steps in.
    assert.equal(
      before.pick((target) => target !== targets[4], key),
      is,
    );
    if (was === targets[4]) moved.push(is);
    else assert.equal(is, was);
  }
  assertNear([moved.length], [1_000], 0.1);
  assertNear(
    left.map((target) => moved.filter((other) => other === target).length),
    left.map(() => moved.length / 9),
    0.3,
  );
});

test('consistent hashing: the order of the targets and the gateway do not matter', () => {
  const targets = targetsOf(1, 2, 3);
  const one = createBalancer('consistent_hash', targets, createRandom());
  const other = createBalancer('consistent_hash', targets.toReversed(), () => 0.5);
  for (let n = 0; n < 1_000; n++) {
    const key = hashOf(`caller ${n}`);
    assert.equal(one.pick(all, key), other.pick(all, key));
  }
});
