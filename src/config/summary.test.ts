import assert from 'node:assert/strict';
import { test } from 'node:test';
import { twoRoutes } from '../../test/support/two-routes.ts';
import { routesSummary } from './summary.ts';

test('the values are the same in a form for tools', () => {
  const [login, api] = routesSummary(twoRoutes);
  assert.equal(login?.auth, null);
  assert.deepEqual(login?.cors, ['*']);
  assert.deepEqual(api?.auth, {
    issuers: ['main'],
    tokens: [
      { issuer: 'main', audiences: ['api'], max_lifetime_ms: null, key_set_ttl_ms: 600_000, clock_skew_ms: 30_000 },
    ],
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
