import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBalancer, type Balancer } from './balance.ts';

const all = () => true;

function picks(balancer: Balancer, times: number, accepts: (target: number) => boolean = all): number[] {
  return Array.from({ length: times }, () => balancer.pick(accepts));
}

test('round robin takes turns, and passes over those that do not accept', () => {
  const balancer = createBalancer('round_robin', 3);
  assert.deepEqual(picks(balancer, 4), [0, 1, 2, 0]);
  assert.deepEqual(
    picks(balancer, 3, (target) => target !== 1),
    [2, 0, 2],
  );
});

test('least requests takes the one with the fewest under way, and equals take turns', () => {
  const balancer = createBalancer('least_requests', 3);
  assert.deepEqual(picks(balancer, 6), [0, 1, 2, 0, 1, 2]);
  balancer.done(1);
  balancer.done(1);
  assert.deepEqual(picks(balancer, 2), [1, 1]);
  assert.equal(balancer.underWay(1), 2);
  balancer.done(0);
  assert.equal(balancer.pick(all), 0);
});

test('least requests with equal answers spreads evenly', () => {
  const balancer = createBalancer('least_requests', 4);
  for (let n = 0; n < 400; n++) balancer.done(balancer.pick(all));
  assert.equal(new Set(picks(balancer, 4)).size, 4);
});

test('each target is offered once, the best first, and none is counted when none accepts', () => {
  for (const strategy of ['round_robin', 'least_requests'] as const) {
    const balancer = createBalancer(strategy, 3);
    balancer.pick(all);
    const offered: number[] = [];
    const none = balancer.pick((target) => {
      offered.push(target);
      return false;
    });
    assert.equal(none, -1);
    assert.deepEqual(offered, [1, 2, 0]);
    assert.deepEqual(
      [0, 1, 2].map((target) => balancer.underWay(target)),
      [1, 0, 0],
    );
  }
});
