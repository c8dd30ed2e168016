import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, withRoutes } from '../../test/support/configuration.ts';
import { routesSummary } from '../config/summary.ts';
import { formatRoutes } from './routes-table.ts';

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

test('the table has a line for each route', () => {
  assert.deepEqual(formatRoutes(routesSummary(config)).split('\n'), [
    'ROUTE                        METHODS  KIND            AUTH              RATE LIMITS                                                     UPSTREAM  CORS',
    '/login                       POST     authentication  none              10/min by address                                               app       *',
    'api.example.com/api/* (api)  any      public          main GET:r w+a|b  100/min by user, free 1/s | paid 2/s by claim:org.id (observe)  app       none',
    '',
  ]);
});
