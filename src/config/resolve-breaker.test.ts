import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf } from '../../test/support/configuration.ts';

const fileOf = (breaker: string) => `
upstreams:
  app:
    targets: [http://127.0.0.1:1]
    circuit_breaker: ${breaker}
routes:
  - { path: /*, kind: operations, upstream: app, auth: none }
`;

function breakerOf(breaker: string) {
  return configOf(fileOf(breaker)).config.upstreams[0]!.circuitBreaker;
}

test('`off` turns it off, which the audit warns of', () => {
  const { config, warnings } = configOf(fileOf('off'));
  assert.equal(config.upstreams[0]?.circuitBreaker, undefined);
  assert.match(warnings.join('\n'), /^g\.yaml:5:22: .* \[breaker-off\]$/);
});

test('a longer `open_for` alone is no fault: the window and the longest time grow with it', () => {
  const breaker = breakerOf('{ open_for: 5m }');
  assert.equal(breaker?.windowMs, 300_000);
  assert.equal(breaker?.maxOpenForMs, 300_000);
  assert.equal(breakerOf('{ open_for: 1s }')?.windowMs, 10_000);
});

test('status 500 can be left out of the failures', () => {
  assert.deepEqual(breakerOf('{ failure_statuses: [502, 503] }')?.failureStatuses, [502, 503]);
});

const nonsense: readonly (readonly [breaker: string, column: number, message: RegExp])[] = [
  ['{ window: 5s, open_for: 30s }', 32, /the window `5s` is shorter than the time between two probes; write `30s`/],
  ['{ open_for: 30s, max_open_for: 10s }', 53, /`max_open_for` is `10s`, .* write `30s`/],
  ['{ slow_call_rate: 80% }', 40, /says nothing without `slow_call`/],
  ['{ failure_rate: 0% }', 38, /from `1%` to `100%`/],
  ['{ failure_rate: 101% }', 38, /from `1%` to `100%`/],
  ['{ minimum_requests: 0 }', 42, /from 1 to 1000000/],
  ['{ consecutive_failures: -1 }', 46, /a whole number from 1 to 1000000/],
  ['{ open_for: 0s }', 34, /from `100ms` to `1h`/],
  ['{ probes: 0 }', 32, /from 1 to 100/],
  ['{ failure_statuses: [404] }', 43, /from 500 to 599/],
  ['{ slow_call: -2s }', 35, /a duration as in/],
  ['{ slow_call: 15s }', 35, /no answer takes as long as `15s`; write less than `15s`/],
  ['on', 22, /`off`, or a map/],
];

for (const [breaker, column, message] of nonsense) {
  test(`${breaker} is at fault, with its place and what would be right`, () => {
    const [fault, ...others] = faultsOf(fileOf(breaker));
    assert.match(fault!, new RegExp(`^g\\.yaml:5:${column}: `));
    assert.match(fault!, message);
    assert.deepEqual(others, []);
  });
}
