import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, withRoutes } from '../../test/support/configuration.ts';
import { routesSummary } from './summary.ts';

const { config } = configOf(
  withRoutes(`  - { path: /login, methods: [POST], kind: authentication, upstream: app, auth: none, cors: { origins: ["*"] } }
  - path: /api/*
    host: api.example.com
    name: api
    kind: public
    upstream: app
    auth: { issuer: main, scopes: { GET: [r], default: { all_of: [w], any_of: [a, b] } } }
    rate_limit: [calls, { by: "claim:org.id", plan_claim: p, plans: { free: 1/s, paid: 2/s }, default_plan: free, mode: observe }]
`),
);

test('the values are the same in a form for tools', () => {
  const [login, api] = routesSummary(config);
  assert.equal(login?.auth, null);
  assert.deepEqual(login?.cors, ['*']);
  assert.deepEqual(api?.auth, {
    issuer: 'main',
    required_claims: [],
    scopes: { GET: { all_of: ['r'], any_of: [] }, '*': { all_of: ['w'], any_of: ['a', 'b'] } },
  });
  assert.deepEqual(api?.rate_limits[1], {
    name: 'api #2',
    by: 'claim:org.id',
    quota: '1/s',
    plans: { free: '1/s', paid: '2/s' },
    mode: 'observe',
  });
});
