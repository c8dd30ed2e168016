import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf } from '../../test/support/configuration.ts';

const fileOf = (check: string) => `
upstreams:
  app:
    targets: [http://127.0.0.1:1]
    health_check: ${check}
routes:
  - { path: /*, kind: operations, upstream: app, auth: none }
`;

test('a path is enough; the rest has defaults', () => {
  assert.deepEqual(configOf(fileOf('{ path: /health }')).config.upstreams[0]!.healthCheck, {
    path: '/health',
    statuses: [200, 299],
    intervalMs: 10_000,
    timeoutMs: 2_000,
    healthy: 2,
    unhealthy: 3,
  });
  assert.deepEqual(configOf(fileOf('{ path: /, status: 204 }')).config.upstreams[0]!.healthCheck?.statuses, [204, 204]);
});

const nonsense: readonly (readonly [check: string, message: RegExp])[] = [
  ['{}', /^g\.yaml:5:5: the check has no `path`; write `path: \/health`/],
  ['{ path: health }', /^g\.yaml:5:27: .*a path as in `\/health`/],
  ["{ path: '/a b' }", /^g\.yaml:5:27: .*a path as in `\/health`/],
  ['{ path: /, interval: 1s }', /`2s` and the next is due after `1s`; write a `timeout` from `10ms` to `1s`/],
  ['{ path: /, interval: 5s, timeout: 6s }', /^g\.yaml:5:53: .*from `10ms` to `5s`/],
  ['{ path: /, interval: 0s }', /^g\.yaml:5:40: .*from `100ms` to `1h`/],
  ['{ path: /, unhealthy: 0 }', /^g\.yaml:5:41: .*from 1 to 100/],
  ['{ path: /, healthy: -1 }', /^g\.yaml:5:39: .*from 1 to 100/],
  ['{ path: /, status: 299-200 }', /^g\.yaml:5:38: .*backwards; write `200-299`/],
  ['{ path: /, status: 2xx }', /^g\.yaml:5:38: .*a range as in `200-299`/],
];

for (const [check, message] of nonsense) {
  test(`${check} is at fault`, () => {
    const [fault, ...others] = faultsOf(fileOf(check));
    assert.match(fault!, message);
    assert.deepEqual(others, []);
  });
}
