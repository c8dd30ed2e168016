import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, withRoutes } from '../../test/support/configuration.ts';
import { twoRoutes } from '../../test/support/two-routes.ts';
import { routesSummary } from '../config/summary.ts';
import { COLUMNS, formatCoverage } from './coverage-text.ts';

test('the matrix has a line for each route in each of its tables', () => {
  assert.deepEqual(formatCoverage(routesSummary(twoRoutes)).split('\n'), [
    'ROUTE                       KIND            ISSUER  AUDIENCE  EXPIRY   KEYS  SKEW',
    'POST /login                 authentication  none    -         -        -     -',
    'api: api.example.com/api/*  public          main    api       checked  10m   30s',
    '',
    'ROUTE                       SCOPES   CLAIMS TO HEADERS  TOKEN      CORS',
    'POST /login                 -        -                  -          *',
    'api: api.example.com/api/*  GET:r    -                  taken out  none',
    '                            w + a|b',
    '',
    'ROUTE                       LIMITS                   UPSTREAM  BREAKER   CONNECT  REPLY  TOTAL  BODY',
    'POST /login                 10/min by address        app       5 or 50%  1s       15s    1m     10mb',
    'api: api.example.com/api/*  100/min by user          app       5 or 50%  1s       15s    1m     10mb',
    '                            free 1/s | paid 2/s by',
    '                            claim:org.id (observe)',
    '',
  ]);
});

test('it fits the terminal, whatever the names', () => {
  const { config } = configOf(
    withRoutes(`  - path: /a/rather/long/path/with/:many/segments/*
    methods: [GET, POST, DELETE]
    hosts: [api.example.com, '*.example.org']
    upstream: app
    auth: { issuer: main, scopes: { default: [a:read, b:read, c:read, d:read, e:read] } }
    rate_limit: [calls, { by: user, plan_claim: p, plans: { free: 1/s, paid: 2/s, more: 3/s }, default_plan: free }]
    plugins: [{ inject-claims: { headers: { X-User-ID: sub, X-Tenant-ID: tenant, X-Roles: roles } } }]
    cors: { origins: [https://app.example.com, 'https://*.preview.example.com'], headers: [authorization] }`),
  );
  const text = formatCoverage(routesSummary(config));
  for (const line of text.split('\n')) assert.ok(line.length <= COLUMNS, line);
  for (const word of ['/a/rather/long/path/with/:many/segments/*', 'X-Roles', 'https://*.preview.example.com']) {
    assert.ok(text.includes(word), text);
  }
});
