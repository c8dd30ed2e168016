import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceOf } from '../../test/support/source.ts';
import { formatFault } from './faults.ts';
import { loadTests } from './load.ts';

function suiteOf(text: string) {
  return loadTests('/x/t.yaml', sourceOf({ files: { 't.yaml': text } }));
}

function faultsOf(text: string): readonly string[] {
  const suite = suiteOf(text);
  return 'faults' in suite ? suite.faults.map(formatFault) : [];
}

test('what is not written has a default, and every expectation its place', () => {
  const suite = suiteOf('tests:\n  - request: { path: /a?b=c }\n    expect: { status: 200,\n      route: x }\n');
  assert.ok('tests' in suite);
  const [one] = suite.tests;
  assert.equal(one?.name, 'GET /a?b=c');
  assert.equal(one.atMs, Date.UTC(2026, 0, 1, 12));
  assert.deepEqual([one.repeat, one.everyMs, one.upstream.status], [1, 0, 200]);
  assert.deepEqual(one.expectations, [
    { what: 'status', wanted: 200, place: { line: 3, column: 23 } },
    { what: 'route', wanted: 'x', place: { line: 4, column: 14 } },
  ]);
});

test('times of a token may be counted from `at`; all else stays as it is written', () => {
  const suite = suiteOf(
    'tests:\n  - { request: { path: / }, at: "2026-01-01T00:00:10Z", claims: { exp: 5m, nbf: -10s, iat: soon, plan: 5m }, expect: { status: 1 } }'.replace(
      'status: 1 ',
      'status: 100 ',
    ),
  );
  assert.ok('tests' in suite);
  const midnightS = Date.UTC(2026, 0, 1) / 1000;
  assert.deepEqual(suite.tests[0]?.claims, { exp: midnightS + 310, nbf: midnightS, iat: 'soon', plan: '5m' });
});

for (const [yaml, fault] of [
  ['tests: 5', /^\/x\/t\.yaml:1:8: `tests` is `5`; write a list/],
  ['tests: [{ expect: { status: 200 } }]', /needs a request/],
  ['tests: [{ request: { path: / } }]', /expects nothing/],
  ['tests: [{ request: { path: / }, expect: {} }]', /expects nothing/],
  ['tests: [{ request: { path: orders }, expect: { status: 200 } }]', /write a path/],
  ['tests: [{ request: { path: /, address: nobody }, expect: { status: 200 } }]', /no IP address/],
  ['tests: [{ request: { path: /, address: 10.0.0.0/8 }, expect: { status: 200 } }]', /no IP address/],
  ['tests: [{ request: { path: / }, at: "2026-13-01T00:00:00Z", expect: { status: 200 } }]', /no such time/],
  ['tests: [{ request: { path: / }, repeat: 0, expect: { status: 200 } }]', /from 1 to 10000/],
  ['tests: [{ request: { path: / }, expect: { code: ratelimited } }]', /did you mean `rate_limited`/],
  ['tests: [{ request: { path: / }, expect: { statu: 200 } }]', /did you mean `status`/],
  ['routes: []', /unknown key `routes`/],
  ['tests: [', /this is not YAML/],
] as const) {
  test(`${yaml} is said where it stands`, () => assert.match(faultsOf(yaml).join('\n'), fault));
}

test('a file that is not there is said', () => {
  const suite = loadTests('/x/none.yaml', sourceOf());
  assert.ok('faults' in suite);
  assert.match(suite.faults[0]!.message, /no such file; name the tests/);
});
