import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRoutes } from '../../test/support/configuration.ts';
import { sourceOf } from '../../test/support/source.ts';
import { formatFault } from './faults.ts';
import { parseConfig } from './load.ts';

const ROUTES = `  - { path: /login, kind: internal, upstream: app, auth: none, rate_limit: none }
  - { path: /reset, kind: internal, upstream: app, auth: none, rate_limit: none }
  - { path: /api, upstream: app, auth: { issuer: main }, rate_limit: calls }
`;
const WHY = 'the service limits it itself';

function load(waivers: string, at: string) {
  const wall = Date.parse(at);
  const loaded = parseConfig(`${withRoutes(ROUTES)}waive:\n${waivers}`, 'g.yaml', sourceOf({ wall }));
  const said = loaded.config === undefined ? loaded.faults : loaded.warnings;
  return { loaded, said: said.map(formatFault) };
}

test('an error that is waived lets the rest be served, and is remembered with its reason', () => {
  const { loaded, said } = load(`  - { rule: login-without-limit, reason: ${WHY}, until: 2027-01-31 }`, '2026-11-24');
  assert.deepEqual(said, []);
  assert.ok(loaded.config !== undefined);
  assert.deepEqual(
    loaded.waived?.map(({ finding }) => finding?.waived),
    [WHY, WHY],
  );
});

test('it is waived where the waiver says, and nowhere else', () => {
  const { loaded, said } = load(
    `  - { rule: login-without-limit, route: /login, reason: ${WHY}, until: 2027-01-31 }`,
    '2026-11-24',
  );
  assert.equal(loaded.config, undefined);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /`\/reset` looks like/);
});

test('it is let pass on its last day, and is an error again on the next', () => {
  const waiver = `  - { rule: login-without-limit, reason: ${WHY}, until: 2027-01-31 }`;
  assert.deepEqual(load(waiver, '2027-01-31T23:59:59Z').said, []);
  const { loaded, said } = load(waiver, '2027-02-01T00:00:00Z');
  assert.equal(loaded.config, undefined);
  assert.match(
    said.join('\n'),
    /\[login-without-limit\][^]*warning: the waiver of `login-without-limit` ended on 2027-01-31/,
  );
});

for (const [waiver, wrong] of [
  ['{ rule: login-without-limit, until: 2027-01-31 }', /g\.yaml:13:5: the waiver has no `reason`/],
  [`{ rule: login-without-limit, reason: ${WHY} }`, /the waiver has no `until`/],
  [`{ reason: ${WHY}, until: 2027-01-31 }`, /the waiver has no `rule`/],
  ['{ rule: login-without-limit, reason: ok, until: 2027-01-31 }', /why it is no harm here/],
  [
    `{ rule: login-witout-limit, reason: ${WHY}, until: 2027-01-31 }`,
    /no rule `login-witout-limit`; did you mean `login-without-limit`/,
  ],
  [`{ rule: login-without-limit, reason: ${WHY}, until: 2027-02-31x }`, /the last day, as in `2027-01-31`/],
  [`{ rule: login-without-limit, reason: ${WHY}, until: 2027-13-01 }`, /`2027-13-01` is no day/],
  [
    `{ rule: breaker-off, reason: ${WHY}, until: 2027-01-31 }`,
    /warning: nothing is found that `breaker-off` would be waived for/,
  ],
] as const) {
  test(`{ ${waiver} } is at fault`, () => assert.match(load(`  - ${waiver}`, '2026-11-24').said.join('\n'), wrong));
}
