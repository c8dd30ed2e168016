import assert from 'node:assert/strict';
import { test } from 'node:test';
import { twoRoutes } from '../../test/support/two-routes.ts';
import { routesSummary } from '../config/summary.ts';
import { formatRoutes } from './routes-table.ts';

test('the table has a line for each route', () => {
  assert.deepEqual(formatRoutes(routesSummary(twoRoutes)).split('\n'), [
    'ROUTE                        METHODS  KIND            AUTH              RATE LIMITS                                                     UPSTREAM  CORS',
    '/login                       POST     authentication  none              10/min by address                                               app       *',
    'api.example.com/api/* (api)  any      public          main GET:r w+a|b  100/min by user, free 1/s | paid 2/s by claim:org.id (observe)  app       none',
    '',
  ]);
});
