import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goalsOf, verdictOn } from './goals.ts';
import type { Cell, Results } from './results.ts';
import type { RivalKey } from './rivals.ts';
import { WORKLOADS } from './workloads.ts';

const even = (median: number) => ({ median, least: median, most: median });

function cell(rival: RivalKey, cpuUs: number, addedP99 = 0): Cell {
  const none = even(0);
  return {
    rival,
    cpuUs: even(cpuUs),
    perSecond: none,
    busy: 1,
    p50: none,
    p99: none,
    p999: none,
    directP99: none,
    addedP99: even(addedP99),
    residentBytes: 0,
  };
}

function resultsWith(key: string, ...cells: Cell[]): Results {
  const workload = WORKLOADS.find((one) => one.key === key)!;
  return { workloads: [{ workload, cells, absent: [] }], idle: [], allocatedBytes: undefined };
}

test('goals are ratios of the rivals of one run', () => {
  const cells = [cell('nginx', 20), cell('haproxy', 60), cell('fastify', 150), cell('gatehouse', 30, 1.5)];
  const goals = goalsOf(resultsWith('small', ...cells));
  assert.deepEqual(
    goals.map(({ measured }) => measured),
    [0.5, 1.5, 0.2, 1.5],
  );
  assert.deepEqual(goals.map(verdictOn), ['met', '**missed**', 'met', '**missed**']);
});

test('a latency that is lost in that of the direct call is neither met nor missed', () => {
  const noisy = { ...cell('gatehouse', 30, -3), directP99: even(6) };
  const [added] = goalsOf(resultsWith('small', noisy));
  assert.match(verdictOn(added!), /^not shown: the direct call alone has 6\.00 ms$/);
});

test('a goal whose rival or workload was not measured is left out, not met', () => {
  assert.deepEqual(goalsOf(resultsWith('1m', cell('gatehouse', 500))), []);
  assert.deepEqual(goalsOf(resultsWith('401-forged', cell('gatehouse', 5))), []);
});
