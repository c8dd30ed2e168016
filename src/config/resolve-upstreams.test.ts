import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from '../../test/support/configuration.ts';

const withTargets = (targets: string): readonly string[] =>
  faultsOf(`
upstreams: { app: { targets: [${targets}] } }
routes:
  - { path: /*, kind: operations, upstream: app, auth: none }
`);

test('PATH-15 the targets of one upstream have one path', () => {
  assert.doesNotMatch(withTargets('http://127.0.0.1:1/base, http://127.0.0.1:2/base/').join(), /same path/);
  const [fault, ...others] = withTargets('http://127.0.0.1:1/base, http://127.0.0.1:2');
  assert.match(fault!, /^g\.yaml:2:\d+: .*must have the same path; write `\/base`/);
  assert.deepEqual(others, []);
});

test('a target stands once', () => {
  assert.match(withTargets('http://127.0.0.1:1, http://127.0.0.1:1').join('\n'), /listed twice/);
});
