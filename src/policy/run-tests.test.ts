import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../../test/support/configuration.ts';
import { formatFault } from '../config/faults.ts';
import { runTests } from './run-tests.ts';
import { tested } from './tested.ts';

const YAML = `issuers:
  main: { issuer: https://auth.example.com, jwks_uri: https://auth.example.com/jwks.json, audience: api }
upstreams:
  app: { targets: ["http://app.internal:1"], circuit_breaker: { consecutive_failures: 3, open_for: 10s } }
rate_limits:
  login: { quota: 3/min, by: address }
  user: { quota: 5/min, by: user }
routes:
  - { path: /login, methods: [POST], kind: authentication, upstream: app, auth: none, rate_limit: login }
  - path: /orders/*
    kind: public
    upstream: app
    auth: { issuer: main, scopes: [orders:read] }
    rate_limit: user
    cors: { origins: ["https://app.example.com"] }
    plugins: [{ strip-auth-header: true }, { inject-claims: { headers: { X-User-ID: sub } } }]
`;
const LINES = YAML.split('\n').length;

/** What `test`, in flow style, does not find as expected. */
async function failuresOf(...tests: readonly string[]): Promise<readonly string[]> {
  const { config } = configOf(`${YAML}tests:\n${tests.map((one) => `  - { name: t, ${one} }\n`).join('')}`);
  return (await runTests(config, config)).map(formatFault);
}

const MET: readonly (readonly [name: string, test: string])[] = [
  ['a refusal', 'request: { path: /orders }, expect: { status: 401, code: missing_token, route: /orders/* }'],
  ['no route', 'request: { path: /nowhere }, expect: { status: 404, code: no_route }'],
  [
    'a caller with claims',
    'request: { path: /orders, headers: { X-User-ID: root } }, claims: { sub: u1, scope: orders:read }, expect: { status: 200, headers_to_service: { X-User-ID: u1, Authorization: null }, quota_left: { user: 4 } }',
  ],
  [
    'an expired token',
    'request: { path: /orders }, claims: { exp: -31s, scope: orders:read }, expect: { reason: expired }',
  ],
  ['within the skew', 'request: { path: /orders }, claims: { exp: -29s, scope: orders:read }, expect: { status: 200 }'],
  ['a missing scope', 'request: { path: /orders }, claims: { scope: x }, expect: { code: insufficient_scope }'],
  [
    'the last of a quota',
    'request: { method: POST, path: /login }, repeat: 3, expect: { status: 200, quota_left: { login: 0 } }',
  ],
  [
    'one more',
    'request: { method: POST, path: /login }, repeat: 4, expect: { status: 429, headers_to_caller: { RateLimit-Policy: \'"login";q=3;w=60\' } }',
  ],
  ['room again', 'request: { method: POST, path: /login }, repeat: 9, every: 30s, expect: { status: 200 }'],
  [
    'a user counted over tokens made anew',
    'request: { path: /orders }, claims: { scope: orders:read }, repeat: 6, every: 1s, expect: { code: rate_limited }',
  ],
  [
    'an open circuit',
    'request: { method: POST, path: /orders }, claims: { scope: orders:read }, upstream: { status: 503 }, repeat: 4, expect: { code: circuit_open }',
  ],
  [
    'the reply as it is handed on',
    "request: { path: /orders, headers: { Origin: 'https://app.example.com' } }, claims: { scope: orders:read }, upstream: { status: 418, headers: { RateLimit: theirs, Connection: X-Hop, X-Hop: a, X-Own: b } }, expect: { status: 418, headers_to_caller: { Access-Control-Allow-Origin: 'https://app.example.com', X-Hop: null, X-Own: b } }",
  ],
  [
    'a preflight',
    "request: { method: OPTIONS, path: /orders, headers: { Origin: 'https://app.example.com', Access-Control-Request-Method: GET } }, expect: { status: 204, code: no_route }".replace(
      ', code: no_route',
      '',
    ),
  ],
  [
    'a reply that is none',
    'request: { method: POST, path: /login }, upstream: { headers: { Content-Length: many } }, expect: { status: 502, code: upstream_protocol }',
  ],
  ['a body', 'request: { method: POST, path: /login, body: 11mb }, expect: { status: 413 }'],
];

for (const [name, one] of MET) test(`${name} is as expected`, async () => assert.deepEqual(await failuresOf(one), []));

const NOT_MET: readonly (readonly [test: string, failure: RegExp])[] = [
  ['request: { path: /orders }, expect: { status: 200 }', /: t: expected status 200, came 401 missing_token$/],
  ['request: { path: /orders }, expect: { code: no_route }', /expected code no_route, came missing_token$/],
  [
    'request: { path: /orders }, claims: { scope: orders:read }, expect: { code: no_route }',
    /expected code no_route, came none$/,
  ],
  [
    'request: { path: /orders }, claims: { aud: x }, expect: { reason: expired }',
    /expected reason expired, came audience$/,
  ],
  [
    'request: { path: /x }, expect: { route: /order/* }',
    /expected route \/order\/\*, came none no_route; did you mean/,
  ],
  [
    'request: { path: /orders }, claims: { sub: u2, scope: orders:read }, expect: { headers_to_service: { x-user-id: u1 } }',
    /expected x-user-id to the service u1, came u2$/,
  ],
  [
    'request: { path: /orders }, expect: { headers_to_caller: { WWW-Authenticate: null } }',
    /expected WWW-Authenticate to the caller absent, came Bearer .* missing_token$/,
  ],
  [
    'request: { path: /orders }, expect: { quota_left: { usr: 3 } }',
    /expected quota_left of usr 3, came none missing_token; did you mean `user`\?$/,
  ],
];

for (const [one, failure] of NOT_MET) {
  test(`${one} fails where it is written`, async () => {
    const [said, ...more] = await failuresOf(one);
    assert.match(said ?? '', failure);
    assert.match(said ?? '', new RegExp(`^g\\.yaml:${LINES + 1}:`));
    assert.deepEqual(more, []);
  });
}

test('no test sees what another did, and a token is never printed', async () => {
  const login = 'request: { method: POST, path: /login }, repeat: 3, expect: { status: 200 }';
  assert.deepEqual(await failuresOf(login, login), []);
  const bearer = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';
  const [said = ''] = await failuresOf(
    `request: { method: POST, path: /login, headers: { X-Echo: "${bearer}" } }, expect: { headers_to_service: { X-Echo: null } }`,
  );
  assert.match(said, /came \*\*\*$/);
});

test('a configuration whose tests fail is none, with its warnings beside', async () => {
  const yaml = `${YAML}tests: [{ request: { path: /x }, expect: { status: 200 } }]\n`;
  const { config } = configOf(yaml);
  const warning = { file: 'g.yaml', line: 1, column: 1, severity: 'warning', message: 'w' } as const;
  const outcome = await tested({ config, warnings: [warning] });
  assert.equal(outcome.config, undefined);
  assert.deepEqual(
    outcome.faults.map(({ severity }) => severity),
    ['warning', 'error'],
  );
});
