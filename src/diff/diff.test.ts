import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../config/load.ts';
import { formatFault } from '../config/faults.ts';
import { diffConfigs } from './diff.ts';

const BASE = `
issuers: { main: { issuer: https://auth.example.com, jwks_uri: https://auth.example.com/jwks, audience: api, jwks_ttl: 10m } }
upstreams: { app: { targets: ["http://127.0.0.1:1"] }, other: { targets: ["http://127.0.0.1:2"] } }
rate_limits: { plan: { by: user, plan_claim: plan, plans: { free: 100/min, paid: 1000/min }, default_plan: free } }
routes:
  - { path: /login, methods: [POST], kind: authentication, upstream: app, auth: none, rate_limit: { quota: 10/min, by: address } }
  - path: /billing/*
    kind: public
    upstream: app
    auth: { issuer: main, scopes: [billing:read], required_claims: [tenant_id] }
    rate_limit: plan
  - { path: /other, kind: operations, upstream: other, auth: none }
`;

function configOf(text: string) {
  const loaded = parseConfig(Buffer.from(text), 'g.yaml', {
    readFile: () => Buffer.from(''),
    env: {},
    wall: () => 0,
  });
  const config = loaded.config ?? loaded.refused;
  assert.ok(config !== undefined, 'faults' in loaded ? loaded.faults.map(formatFault).join('\n') : '');
  return config;
}

/** What `from` → `to` in the text changes, as `GRADE SUBJECT WHAT`. */
function changed(...edits: readonly (readonly [from: string, to: string])[]): readonly string[] {
  let text = BASE;
  for (const [from, to] of edits) {
    assert.ok(text.includes(from), from);
    text = text.replace(from, to);
  }
  return diffConfigs(configOf(BASE), configOf(text)).map(({ grade, subject, what }) => `${grade} ${subject} ${what}`);
}

test('nothing changes where nothing does, nor by the order of the routes', () => {
  assert.deepEqual(changed(), []);
  assert.deepEqual(
    changed(
      ['  - { path: /other, kind: operations, upstream: other, auth: none }\n', ''],
      ['routes:\n', 'routes:\n  - { path: /other, kind: operations, upstream: other, auth: none }\n'],
    ),
    [],
  );
});

const rows: readonly (readonly [says: string, ...edits: (readonly [string, string])[]])[] = [
  [
    'stronger /other ip-allow off → on',
    ['upstream: other, auth: none', 'upstream: other, auth: none, plugins: [ip-allow: [10.0.0.0/8]]'],
  ],
  ['weaker /billing/* loses scope billing:read', ['scopes: [billing:read], ', '']],
  ['stronger /billing/* gains scope billing:write', ['[billing:read]', '[billing:read, billing:write]']],
  ['weaker /billing/* loses required claim tenant_id', [', required_claims: [tenant_id]', '']],
  ['weaker POST /login limit by address 10/min → 20/min', ['quota: 10/min', 'quota: 20/min']],
  ['stronger POST /login limit by address 10/min → 5/min', ['quota: 10/min', 'quota: 5/min']],
  [
    'weaker /status is new and open to everybody',
    [
      'routes:\n',
      'routes:\n  - { path: /status, kind: internal, upstream: app, auth: none, rate_limit: { quota: 60/min, by: address } }\n',
    ],
  ],
  ['weaker /billing/* limit by user for plan paid 1000/min → 2000/min', ['paid: 1000/min', 'paid: 2000/min']],
  [
    'weaker POST /login limit by address 10/min → none',
    ['kind: authentication', 'kind: internal'],
    ['rate_limit: { quota: 10/min, by: address }', 'rate_limit: none'],
  ],
  ['weaker issuer main key-set TTL 10m → 15m', ['jwks_ttl: 10m', 'jwks_ttl: 15m']],
  ['weaker issuer main clock skew 30s → 1m', ['jwks_ttl: 10m', 'jwks_ttl: 10m, clock_skew: 1m']],
  ['weaker issuer main takes tokens for any audience', ['audience: api, ', '']],
  ['weaker issuer main gains audience web', ['audience: api', 'audience: [api, web]']],
  ['weaker the gateway gains trusted proxy 10.0.0.0/8', ['\nissuers', '\ntrusted_proxies: [10.0.0.0/8]\nissuers']],
  [
    'weaker upstream app circuit breaker on → off',
    ['["http://127.0.0.1:1"]', '["http://127.0.0.1:1"], circuit_breaker: off'],
  ],
  [
    'neutral upstream app gains target http://127.0.0.1:9',
    ['["http://127.0.0.1:1"]', '["http://127.0.0.1:1", "http://127.0.0.1:9"]'],
  ],
  [
    'weaker /new is new and open to everybody, without a limit',
    ['routes:\n', 'routes:\n  - { path: /new, kind: internal, upstream: app, auth: none, rate_limit: none }\n'],
  ],
  [
    'weaker /billing/free asks for no token any more',
    [
      'routes:\n',
      'routes:\n  - { path: /billing/free, kind: internal, upstream: app, auth: none, rate_limit: none }\n',
    ],
  ],
  [
    'neutral /other is gone',
    ['  - { path: /other, kind: operations, upstream: other, auth: none }\n', ''],
    [', other: { targets: ["http://127.0.0.1:2"] }', ''],
  ],
];
for (const [says, ...edits] of rows) {
  test(says, () => assert.ok(changed(...edits).includes(says), changed(...edits).join('\n')));
}

test('the way back is graded the other way', () => {
  const [before, after] = [configOf(BASE), configOf(BASE.replace('[billing:read]', '[billing:read, billing:write]'))];
  assert.deepEqual(
    diffConfigs(after, before).map(({ grade }) => grade),
    ['weaker'],
  );
});

test('an address that may call besides is weaker, one that may not any more stronger', () => {
  const listing = (blocks: string) =>
    configOf(BASE.replace('other, auth: none', `other, auth: none, plugins: [ip-allow: [${blocks}]]`));
  const changes = diffConfigs(listing('10.1.0.0/16, 10.2.0.0/16'), listing('10.2.0.0/16, 10.3.0.0/16'));
  assert.deepEqual(
    changes.map(({ grade, what }) => `${grade} ${what}`),
    ['stronger loses address 10.1.0.0/16', 'weaker gains address 10.3.0.0/16'],
  );
});
