import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configOf, faultsOf, withRoutes } from '../../test/support/configuration.ts';
import { sourceOf } from '../../test/support/source.ts';
import { formatFault } from './faults.ts';
import { parseConfig } from './load.ts';

const ARCHITECTURE = `listen: 127.0.0.1:8080
admin: { listen: 127.0.0.1:9901 }
trusted_proxies: [127.0.0.0/8]          # whose X-Forwarded-For is believed; nobody's by default

issuers:                                # named, so that routes share one key set
  main:
    issuer: https://auth.example.com
    jwks_uri: https://auth.example.com/.well-known/jwks.json
    audience: orders-api
    algorithms: [RS256, ES256, EdDSA]
    clock_skew: 30s
    jwks_ttl: 10m

upstreams:
  accounts: { targets: [http://127.0.0.1:7001] }
  orders:
    targets: [http://127.0.0.1:7002, http://127.0.0.1:7003]
    balance: least_requests             # or round_robin
    timeouts: { connect: 1s, response: 15s, idle: 60s }
    circuit_breaker: { failure_rate: 50%, minimum_requests: 20, window: 10s, open_for: 10s, probes: 1 }

rate_limits:
  login:  { quota: 10/min, by: address }
  plan:   { by: user, plan_claim: plan, plans: { free: 100/min, paid: 1000/min }, default_plan: free }

routes:
  - path: /login
    methods: [POST]
    kind: authentication
    upstream: accounts
    auth: none
    rate_limit: login
  - path: /api/v1/*
    kind: public
    upstream: orders
    auth:
      type: jwt
      issuer: "https://auth.example.com"
      jwks_uri: "https://auth.example.com/.well-known/jwks.json"
      required_claims: [sub, tenant_id]
      scopes: { GET: [orders:read], POST: [orders:write] }
      token_source: "Authorization: Bearer"
      clock_skew: 30s
    rate_limit: plan
    plugins:
      - strip-auth-header: true
      - inject-claims:
          headers:
            X-User-ID: "sub"
            X-Tenant-ID: "tenant_id"
  - path: /health
    kind: operations
    upstream: orders
    auth: none
    rate_limit: none
`;

test('the whole example comes to the configuration it describes', () => {
  const { config, warnings } = configOf(ARCHITECTURE);
  const [login, api, health] = config.routes;
  assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(config.trustedProxies, ['127.0.0.0/8']);
  assert.deepEqual(config.upstreams[1]?.circuitBreaker, {
    failureRate: 0.5,
    minimumRequests: 20,
    consecutiveFailures: 5,
    slowCallMs: Number.POSITIVE_INFINITY,
    slowCallRate: 0.8,
    failureStatuses: [500, 502, 503, 504],
    windowMs: 10_000,
    openForMs: 10_000,
    maxOpenForMs: 120_000,
    probes: 1,
  });
  assert.equal(login?.name, 'POST /login');
  assert.deepEqual(login?.rateLimits, [config.rateLimits[0]]);
  assert.equal(api?.upstream, config.upstreams[1]);
  assert.equal(api?.auth?.issuers[0]?.jwksUri, config.issuers[0]?.jwksUri);
  assert.deepEqual(api?.auth?.source, { in: 'header', name: 'authorization', scheme: 'bearer' });
  assert.deepEqual(api?.auth?.requiredClaims, ['sub', 'tenant_id']);
  assert.deepEqual(api?.auth?.scopesByMethod.get('POST'), { allOf: ['orders:write'], anyOf: [] });
  assert.deepEqual(api?.methods, ['GET', 'POST'], 'a method that the scopes do not name is not served');
  assert.equal(api?.rateLimits[0]?.plans?.quotas.get('paid')?.requests, 1000);
  assert.equal(api?.rateLimits[0]?.quota.requests, 100);
  assert.deepEqual(api?.plugins, {
    stripAuthHeader: true,
    injectClaims: [
      { header: 'X-User-ID', claim: ['sub'] },
      { header: 'X-Tenant-ID', claim: ['tenant_id'] },
    ],
    injectFromCertificate: [],
    ipAllow: undefined,
    mockResponse: undefined,
    setHeaders: { request: { drop: [], lines: [] }, reply: { drop: [], lines: [] } },
  });
  assert.deepEqual(health?.rateLimits, []);
  // All deserved: the written-out issuer has no audience, nothing is left to use the named one, and nobody looks whether the targets are well.
  assert.deepEqual(
    warnings.map((line) => line.split(': ')[0]),
    ['g.yaml:6:3', 'g.yaml:16:3', 'g.yaml:36:5'],
  );
});

test('the fragment of the article loads unchanged once upstream and rate_limit stand beside it', () => {
  const { config } = configOf(`
upstreams: { app: { targets: ["http://127.0.0.1:3000"] } }
routes:
  - upstream: app
    rate_limit: { quota: 100/min, by: user }
    path: /api/v1/*
    auth: {type: jwt, issuer: "https://auth.example.com", jwks_uri: "https://auth.example.com/.well-known/jwks.json", required_claims: [sub, tenant_id], token_source: "Authorization: Bearer", clock_skew: 30s}
    plugins: [strip-auth-header: true, inject-claims: {headers: {X-User-ID: "sub", X-Tenant-ID: "tenant_id"}}]
`);
  const [route] = config.routes;
  assert.equal(route?.kind, 'public');
  assert.equal(route?.auth?.issuers[0]?.name, 'https://auth.example.com');
  assert.equal(route?.plugins.injectClaims.length, 2);
});

test('defaults', () => {
  const { config, warnings } = configOf(
    withRoutes('  - { path: /a, kind: operations, upstream: app, auth: { issuer: main } }'),
  );
  assert.equal(warnings.length, 1, 'the limit that nothing uses');
  assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(config.admin.listen, { host: '127.0.0.1', port: 9901 });
  assert.deepEqual(config.trustedProxies, []);
  assert.equal(config.ipv6Prefix, 64);
  assert.equal(config.maxCallers, 1_000_000);
  assert.equal(config.failedAuthentications, undefined);
  assert.deepEqual(config.limits, {
    maxConnections: 10_000,
    maxPerAddress: 1000,
    requestLineBytes: 8192,
    headBytes: 16_384,
    headFields: 100,
    bodyBytes: 10_485_760,
  });
  assert.deepEqual(config.timeouts, { headMs: 10_000, bodyMs: 30_000, idleMs: 60_000, totalMs: 60_000 });
  assert.equal(config.log.access, 'stdout');
  assert.ok(config.log.sensitiveQuery.includes('access_token'));
  const [issuer] = config.issuers;
  assert.deepEqual(issuer?.algorithms, ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']);
  assert.equal(issuer?.clockSkewMs, 30_000);
  assert.equal(issuer?.jwksTtlMs, 600_000);
  assert.equal(issuer?.jwksMaxStaleMs, 3_600_000);
  const [upstream] = config.upstreams;
  assert.deepEqual(upstream?.timeouts, { connectMs: 1000, responseMs: 15_000, idleMs: 60_000 });
  assert.equal(upstream?.circuitBreaker?.consecutiveFailures, 5, 'the breaker is on');
  assert.equal(upstream?.keepAliveMs, 4000);
  const [route] = config.routes;
  assert.equal(route?.maxBodyBytes, config.limits.bodyBytes);
  assert.equal(route?.totalMs, config.timeouts.totalMs);
  assert.equal(route?.plugins.stripAuthHeader, true);
  assert.equal(route?.auth?.issuers[0], issuer, 'a route that narrows nothing shares the very issuer');
});

test('nothing in a configuration can be changed afterwards', () => {
  const frozen = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    assert.ok(Object.isFrozen(value), path);
    for (const [key, inner] of value instanceof Map ? value : Object.entries(value))
      frozen(inner, `${path}.${String(key)}`);
  };
  frozen(configOf(ARCHITECTURE).config, 'config');
});

test('LC-09 the faults of a file come all at once, in the order of its lines', () => {
  const faults = faultsOf(`listen: 8080
admn: {}
issuers:
  main: { issuer: x, jwks_uri: "http://a.example/jwks", algorithms: [HS256] }
upstreams: { app: { targets: [1] } }
routes:
  - path: /a
    kind: publik
    upstream: ap
    auth: { issuer: man, scops: [a] }
    rate_limit: calls
  - path: b
    upstream: app
`);
  assert.deepEqual(
    faults.map((line) => line.slice('g.yaml:'.length)),
    [
      '1:9: `listen` is `8080`; write address and port as in `127.0.0.1:8080`, `0.0.0.0:8080` or `[::1]:8080`',
      '2:1: unknown key `admn`; did you mean `admin`?',
      '4:32: `jwks_uri` is `http://a.example/jwks`; write `https://`: over plain http anybody on the way can put in keys of their own',
      '4:70: `algorithms` holds `HS256`; with a shared secret whoever checks tokens can forge them: write one as in `RS256` or `ES256`',
      '5:31: `targets` holds `1`; write a URL as in `http://127.0.0.1:7001`, or `{ url: URL, weight: 2 }`',
      '8:11: `kind` is `publik`; did you mean `public`?',
      '9:15: unknown upstream `ap`; did you mean `app`?',
      '10:21: unknown issuer `man`; did you mean `main`?',
      '10:26: unknown key `scops`; did you mean `scopes`?',
      '11:17: unknown limit `calls`; none is defined',
      '12:5: the route has no `auth`; write `auth: { issuer: NAME }`, or `auth: none` to let everybody in',
      '12:5: the route has no `kind`, and not both `auth` and `rate_limit`; write `kind: authentication`, `public`, `internal` or `operations`',
      '12:11: the path `b` cannot be used; begin it with a slash: `/b`',
    ],
  );
});

test('a warning says that it is one', () => {
  assert.match(faultsOf(ARCHITECTURE)[0] ?? '', /^g\.yaml:6:3: warning: no route uses the issuer `main`; /);
});

/** Every key of the example but the names that its author chose. */
const KEYS = [
  ...new Set(
    [...ARCHITECTURE.matchAll(/(?<![A-Za-z-])([a-z][a-z_-]+|GET|POST):(?= |$)/gm)].map(([, key]) => key ?? ''),
  ),
].filter((key) => !['main', 'accounts', 'orders', 'login', 'plan', 'free', 'paid'].includes(key));

for (const key of KEYS) {
  test(`LC-06 ${key} cannot be misspelt without a fault`, () => {
    for (const slip of [`${key}s`, key.slice(1), key.slice(0, -1), `x${key}`, key.replace(/(.)(.)/, '$2$1')]) {
      const text = ARCHITECTURE.replaceAll(new RegExp(`(?<![A-Za-z_-])${key}:(?= |$)`, 'gm'), `${slip}:`);
      assert.notEqual(text, ARCHITECTURE);
      const loaded = parseConfig(text, 'g.yaml', sourceOf());
      assert.ok(
        loaded.config === undefined &&
          loaded.faults.some(({ message }) => message.startsWith(`unknown key \`${slip}\`;`)),
        slip,
      );
    }
  });
}

for (const [what, text, message] of [
  ['a port that is taken by the other', 'listen: 127.0.0.1:9901', /same port/],
  ['a port that a wildcard takes', 'listen: 0.0.0.0:9901', /same port/],
  ['a port that is none', 'listen: 127.0.0.1:70000', /0 to 65535/],
  ['a block with host bits', 'trusted_proxies: [10.1.0.0/8]', /`10\.0\.0\.0\/8`/],
  ['a prefix out of range', 'ipv6_prefix: 16', /32 to 128/],
  ['a fraction', 'max_callers: 1.5', /whole number/],
  ['a request line longer than its head', 'limits: { request_line: 32kb }', /raise `head`/],
  ['a time out of range', 'timeouts: { head: 1h }', /from `10ms` to `5m`/],
  ['a time without a unit', 'timeouts: { head: 10 }', /as in `30s`/],
  ['a level that there is not', 'log: { level: verbose }', /`debug`, `info`, `warn`, `error`/],
  ['a limit called none', 'rate_limits: { none: { quota: 1/s, by: address } }', /cannot be called/],
  ['a name with a blank', 'rate_limits: { "a b": { quota: 1/s, by: address } }', /cannot be used; write a name/],
  ['failed authentications without a quota', 'failed_authentications: {}', /has no `quota`/],
  ['an empty section', 'issuers:', /`issuers` is empty; write a map/],
  ['a list for a map', 'admin: [1]', /`admin` is a list; write a map/],
  ['no routes', 'routes: []', /there are no `routes`/],
  ['an empty route', 'routes:\n  -\n', /`routes` holds an empty item/],
] as const) {
  test(`${what} is refused`, () => {
    const faults = faultsOf(text);
    assert.ok(
      faults.some((line) => !line.includes(': warning: ') && message.test(line)),
      faults.join('\n'),
    );
  });
}

const SMALL =
  'upstreams: { app: { targets: ["http://127.0.0.1:1"] } }\nroutes: [{ path: /, kind: operations, upstream: app, auth: none }]\n';

for (const [what, text, message] of [
  [
    'LC-10 an admin port that others reach',
    'admin: { listen: "0.0.0.0:9901" }',
    /^g\.yaml:3:18: warning: the admin port/,
  ],
  ['an upstream that no route uses', '', undefined],
] as const) {
  test(`${what} ${message === undefined ? 'and nothing else to say' : 'is warned of'}`, () => {
    const { warnings } = configOf(SMALL + text);
    if (message === undefined) assert.deepEqual(warnings, []);
    else assert.match(warnings[0] ?? '', message);
  });
}

test('names that nothing uses are warned of, but not beside errors', () => {
  const text = withRoutes('  - { path: /a, kind: operations, upstream: app, auth: none }');
  assert.deepEqual(
    configOf(text).warnings.map((line) => line.replace(/;.*/, '')),
    ['g.yaml:2:3: warning: no route uses the issuer `main`', 'g.yaml:7:16: warning: no route uses the limit `calls`'],
  );
  assert.equal(faultsOf(text.replace('auth: none', 'auth: nobody')).length, 1);
});

test('failed authentications are counted by address', () => {
  const { config } = configOf(`${SMALL}failed_authentications: { quota: 30/min, mode: observe }`);
  assert.deepEqual(config.failedAuthentications?.by, { kind: 'address' });
  assert.equal(config.failedAuthentications?.mode, 'observe');
});

test('ten thousand routes load', () => {
  const routes = Array.from(
    { length: 10_000 },
    (_, at) => `  - { path: /r${at}/:id, kind: public, upstream: app, auth: { issuer: main }, rate_limit: calls }`,
  );
  assert.equal(configOf(withRoutes(routes.join('\n'))).config.routes.length, 10_000);
});

test('every example loads, names the schema for editors, and has nothing to be warned of', () => {
  const files = globSync('examples/**/*.yaml');
  assert.ok(files.length >= 4);
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const loaded = parseConfig(text, file, sourceOf());
    assert.ok(
      loaded.config !== undefined,
      loaded.config === undefined ? loaded.faults.map(formatFault).join('\n') : '',
    );
    assert.deepEqual(loaded.warnings.map(formatFault), [], file);
    const up = '../'.repeat(file.split('/').length - 1);
    assert.equal(text.split('\n')[0], `# yaml-language-server: $schema=${up}gatehouse.schema.json`, file);
  }
});
