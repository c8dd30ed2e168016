import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf, routeFaults, routeOf, withRoutes } from '../../test/support/configuration.ts';

const GUARDED = 'auth: { issuer: main }';

function limitsOf(keys: string) {
  return routeOf(keys).rateLimits.map(
    ({ quota, by, mode }) => `${quota.requests}/${quota.windowMs} ${by.kind} ${mode}`,
  );
}

test('a limit written out in a route', () => {
  const [limit] = routeOf(
    `kind: public, ${GUARDED}, rate_limit: { quota: 20/10s, by: "claim:org.id", sub_windows: 5, mode: observe }`,
  ).rateLimits;
  assert.deepEqual(limit?.by, { kind: 'claim', path: ['org', 'id'] });
  assert.deepEqual(limit?.quota, { requests: 20, windowMs: 10_000 });
  assert.equal(limit?.subWindows, 5);
  assert.equal(limit?.mode, 'observe');
  assert.equal(limit?.name, '/a #1');
});

test('a limit that two routes name is one limit', () => {
  const route = (path: string) => `  - { path: ${path}, upstream: app, kind: public, ${GUARDED}, rate_limit: calls }`;
  const { config } = configOf(withRoutes(`${route('/a')}\n${route('/b')}`));
  assert.equal(config.routes[0]?.rateLimits[0], config.routes[1]?.rateLimits[0]);
  assert.equal(config.routes[0]?.rateLimits[0], config.rateLimits[0]);
});

for (const [keys, limits] of [
  ['kind: authentication, auth: none', ['10/60000 address enforce']],
  ['kind: authentication, auth: none, rate_limit: { quota: 3/min, by: address }', ['3/60000 address enforce']],
  ['kind: public, auth: none, rate_limit: calls', ['100/60000 user enforce']],
  [`${GUARDED}, rate_limit: [calls, { quota: 1/s, by: client }]`, ['100/60000 user enforce', '1/1000 client enforce']],
  [`kind: internal, ${GUARDED}`, ['1000/60000 client observe']],
  [`kind: internal, ${GUARDED}, rate_limit: none`, []],
  [`kind: internal, ${GUARDED}, rate_limit: calls`, ['100/60000 user observe']],
  [`kind: internal, ${GUARDED}, rate_limit: { quota: 1/s, by: user, mode: enforce }`, ['1/1000 user enforce']],
  ['kind: operations, auth: none', []],
  ['kind: operations, auth: none, rate_limit: none', []],
] as const) {
  test(`{ ${keys} } has ${limits.length === 0 ? 'no limit' : limits.join(' and ')}`, () =>
    assert.deepEqual(limitsOf(keys), limits));
}

test('a route without a kind that says all is public', () => {
  assert.equal(routeOf('auth: none, rate_limit: calls').kind, 'public');
});

test('an observed copy of a limit has a name of its own', () => {
  const { config } = configOf(
    withRoutes(
      `  - { path: /a, upstream: app, kind: internal, ${GUARDED}, rate_limit: calls }\n  - { path: /b, upstream: app, kind: public, ${GUARDED}, rate_limit: calls }`,
    ),
  );
  assert.deepEqual(
    config.routes.map(({ rateLimits }) => rateLimits[0]?.name),
    ['calls (observe)', 'calls'],
  );
});

for (const [keys, right] of [
  ['kind: public, auth: none', /has no `rate_limit`, but a public route needs one/],
  ['kind: public, auth: none, rate_limit: none', /`rate_limit` is `none`, but a public route needs one/],
  ['auth: none, rate_limit: none', /a public route \(no `kind` says otherwise\) needs one/],
  [
    'auth: none',
    /has no `kind`, and not both `auth` and `rate_limit`; write `kind: authentication`, `public`, `internal` or `operations`/,
  ],
  ['kind: authentication, auth: none, rate_limit: none', /where passwords can be tried/],
  ['kind: authentication, auth: none, rate_limit: calls', /must count addresses/],
  ['kind: operations, auth: none, rate_limit: calls', /must not be limited/],
  ['kind: operations, auth: none, rate_limit: { quota: 1/s, by: address }', /must not be limited/],
  ['kind: public, auth: none, rate_limit: []', /empty list/],
  ['kind: public, auth: none, rate_limit: [none]', /stands in a list/],
  ['kind: public, auth: none, rate_limit: [calls, none]', /stands in a list/],
  ['kind: public, auth: none, rate_limit: [calls, calls]', /listed twice/],
  ['kind: public, auth: none, rate_limit: call', /unknown limit `call`; did you mean `calls`/],
  ['kind: public, auth: none, rate_limit: null', /write `none`, the name of a limit/],
  ['kind: public, auth: none, rate_limit: 5', /write `none`, the name of a limit/],
  ['kind: public, auth: none, rate_limit: { quota: 1/s }', /does not say who is counted/],
  ['kind: public, auth: none, rate_limit: { by: user }', /has no `quota`/],
  [
    'kind: public, auth: none, rate_limit: { quota: 1/s, by: usr }',
    /write `address`, `user`, `client` or `claim:NAME`/,
  ],
  ['kind: public, auth: none, rate_limit: { quota: 1/s, by: "claim:" }', /`claim:NAME`/],
  ['kind: public, auth: { issuer: main }, rate_limit: { quota: 1/s, by: "claim:a..b" }', /empty part/],
  ['kind: public, auth: none, rate_limit: { quota: 60, by: user }', /as in `10\/min`/],
  ['kind: public, auth: none, rate_limit: { quota: 1/2d, by: user }', /from `1s` to `1day`/],
  ['kind: public, auth: none, rate_limit: { quota: 1/0s, by: user }', /from `1s` to `1day`/],
  ['kind: public, auth: none, rate_limit: { quota: 1/s, by: user, sub_windows: 1 }', /2 to 60/],
  ['kind: public, auth: none, rate_limit: { quota: 1/s, by: user, mode: dry-run }', /`enforce`, `observe`/],
  ['kind: public, auth: none, rate_limits: calls', /did you mean `rate_limit`/],
  ['kind: public, rate_limit: calls', /has no `auth`/],
  ['kind: operational, auth: none', /did you mean `operations`/],
] as const) {
  test(`{ ${keys} } is refused`, () => {
    const faults = routeFaults(`path: /a, ${keys}`);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', right);
    assert.ok(!faults[0]?.startsWith('warning: '));
  });
}

for (const [keys, right] of [
  [`kind: public, ${GUARDED}, rate_limit: { quota: 1/s, by: address }`, /counts only addresses/],
  ['kind: public, auth: none, rate_limit: { quota: 1/s, by: client }', /needs a token/],
  ['kind: public, auth: none, rate_limit: { quota: 1/s, by: "claim:org" }', /needs a token/],
] as const) {
  test(`{ ${keys} } is warned of`, () => {
    const faults = routeFaults(`path: /a, ${keys}`);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', /^warning: /);
    assert.match(faults[0] ?? '', right);
  });
}

function planFaults(keys: string): readonly string[] {
  return routeFaults(`path: /a, kind: public, ${GUARDED}, rate_limit: { by: user, ${keys} }`);
}

test('plans', () => {
  const [limit] = routeOf(
    `kind: public, ${GUARDED}, rate_limit: { by: user, plan_claim: a.plan, plans: { free: 0/min, paid: 9/s }, default_plan: free }`,
  ).rateLimits;
  assert.deepEqual(limit?.plans?.claim, ['a', 'plan']);
  assert.deepEqual(
    [...(limit?.plans?.quotas ?? [])],
    [
      ['free', { requests: 0, windowMs: 60_000 }],
      ['paid', { requests: 9, windowMs: 1000 }],
    ],
  );
  assert.deepEqual(limit?.quota, { requests: 0, windowMs: 60_000 });
});

for (const [keys, right] of [
  ['plan_claim: plan, plans: { free: 1/s }, default_plan: fre', /the plan `fre` is not defined; did you mean `free`/],
  ['plan_claim: plan, plans: { free: 1/s }, default_plan: gold', /the plan `gold` is not defined; known is `free`/],
  ['plan_claim: plan, plans: { free: 1/s }', /without `default_plan`.*`default_plan: free`/],
  ['plans: { free: 1/s }, default_plan: free', /without `plan_claim`/],
  ['plan_claim: plan, plans: {}, default_plan: free', /no plan is defined/],
  ['plan_claim: plan, default_plan: free', /no plan is defined/],
  ['plan_claim: plan, plans: { free: 1/s }, default_plan: free, quota: 1/s', /side by side/],
  ['quota: 1/s, default_plan: free', /stands without `plans`/],
  ['plan_claim: plan, plans: { free: 1 }, default_plan: free', /`free` is `1`; write requests per window/],
  ['plan_claim: plan, plans: [free], default_plan: free', /write a map from plan to rate/],
] as const) {
  test(`a limit with ${keys} is refused`, () => {
    const faults = planFaults(keys);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', right);
  });
}

test('a fault of a limit is said where it is written, not by those who name it', () => {
  const faults = faultsOf(
    withRoutes(`  - { path: /a, upstream: app, kind: public, ${GUARDED}, rate_limit: calls }`).replace(
      'by: user',
      'by: usr',
    ),
  );
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /^g\.yaml:7:/);
});
