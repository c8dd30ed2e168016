import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf, routeFaults, routeOf, withRoutes } from '../../test/support/configuration.ts';

const REST = 'kind: public, rate_limit: calls';

function authOf(auth: string, methods = '') {
  const found = routeOf(`${REST}, auth: ${auth} ${methods && `, methods: [${methods}]`}`);
  assert.ok(found.auth);
  return { ...found.auth, methods: found.methods };
}

function authFaults(auth: string, methods = ''): readonly string[] {
  return routeFaults(`path: /a, ${REST}, auth: ${auth} ${methods && `, methods: [${methods}]`}`);
}

test('a route narrows an issuer it names and shares its key set', () => {
  const { issuers } = authOf(
    '{ issuer: main, audience: [a, b], algorithms: [ES512], clock_skew: 45s, token_type: application/AT+JWT, max_token_lifetime: 1h }',
  );
  const [issuer] = issuers;
  assert.ok(issuer !== undefined && issuers.length === 1);
  assert.deepEqual(issuer.audiences, ['a', 'b']);
  assert.deepEqual(issuer.algorithms, ['ES512']);
  assert.equal(issuer.clockSkewMs, 45_000);
  assert.equal(issuer.tokenType, 'at+jwt');
  assert.equal(issuer.maxTokenLifetimeMs, 3_600_000);
  assert.equal(issuer.jwksUri, 'https://auth.example.com/jwks.json');
  assert.equal(issuer.name, 'main');
});

for (const [source, value] of [
  ['"Authorization: Bearer"', { in: 'header', name: 'authorization', scheme: 'bearer' }],
  ['"Authorization:DPoP"', { in: 'header', name: 'authorization', scheme: 'dpop' }],
  ['X-Auth-Token', { in: 'header', name: 'x-auth-token', scheme: undefined }],
  ['"X-Auth: Token"', { in: 'header', name: 'x-auth', scheme: 'token' }],
  ['"cookie: Session"', { in: 'cookie', name: 'Session' }],
  ['"query: access_token"', { in: 'query', name: 'access_token' }],
] as const) {
  test(`a token stands in ${source}`, () =>
    assert.deepEqual(authOf(`{ issuer: main, token_source: ${source} }`).source, value));
}

test('OA-08 a token in the query is warned of, and its parameter is never logged', () => {
  const loaded = configOf(
    withRoutes(`  - { path: /a, upstream: app, ${REST}, auth: { issuer: main, token_source: "query: jeton" } }`),
  );
  assert.match(loaded.warnings[0] ?? '', /a token in the query ends up in logs/);
  assert.ok(loaded.config.log.sensitiveQuery.includes('jeton'));
});

for (const [source, right] of [
  ['Authorization', /`Authorization: Bearer`/],
  ['Host', /connection itself/],
  ['"Transfer-Encoding: x"', /connection itself/],
  ['cookie', /`cookie: NAME`/],
  ['query', /`query: NAME`/],
  ['"a b"', /write `Authorization: Bearer`/],
  ['"Authorization: Bearer x"', /write `Authorization: Bearer`/],
  ['""', /write `Authorization: Bearer`/],
] as const) {
  test(`no token can stand in ${source}`, () => {
    const faults = authFaults(`{ issuer: main, token_source: ${source} }`);
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? '', right);
  });
}

const NONE = { allOf: [], anyOf: [] };

test('scopes for all methods', () => {
  assert.deepEqual(authOf('{ issuer: main }').scopes, NONE);
  assert.deepEqual(authOf('{ issuer: main, scopes: [a, b, a] }').scopes, { allOf: ['a', 'b'], anyOf: [] });
  assert.deepEqual(authOf('{ issuer: main, scopes: { any_of: [a, b] } }').scopes, { allOf: [], anyOf: ['a', 'b'] });
  assert.deepEqual(authOf('{ issuer: main, scopes: { all_of: [c], any_of: [a, b] } }').scopes, {
    allOf: ['c'],
    anyOf: ['a', 'b'],
  });
});

test('scopes by method', () => {
  const auth = authOf(
    '{ issuer: main, scopes: { GET: [r], POST: { any_of: [w, admin] }, DELETE: [] } }',
    'GET, HEAD, POST, DELETE',
  );
  assert.deepEqual(auth.scopes, NONE);
  assert.deepEqual(
    [...auth.scopesByMethod],
    [
      ['GET', { allOf: ['r'], anyOf: [] }],
      ['POST', { allOf: [], anyOf: ['w', 'admin'] }],
      ['DELETE', NONE],
    ],
  );
  const rest = authOf('{ issuer: main, scopes: { GET: [r], default: [w] } }');
  assert.deepEqual(rest.scopes, { allOf: ['w'], anyOf: [] });
  assert.deepEqual(rest.methods, [], 'with a default every method is served');
});

test('a route without methods serves only those that its scopes name', () => {
  assert.deepEqual(authOf('{ issuer: main, scopes: { GET: [r], PUT: [w] } }').methods, ['GET', 'PUT']);
});

for (const [scopes, methods, right] of [
  ['{ GET: [r] }', 'GET, POST', /says nothing of POST/],
  ['{ GET: [r], POST: [w] }', 'GET', /names POST, which is not among/],
  ['{ GET: [r], PSOT: [w] }', 'GET, POST', /unknown key `PSOT`; did you mean `POST`/],
  ['{ get: [r] }', 'GET', /unknown key `get`; did you mean `GET`/],
  ['{}', '', /names no scope/],
  ['{ GET: {} }', 'GET', /names no scope/],
  ['{ any_of: [] }', '', /would check nothing/],
  ['{ all_of: [] }', '', /would check nothing/],
  ['{ anyof: [a] }', '', /did you mean `any_of`/],
  ['{ any_of: [a], GET: [b] }', 'GET', /stands beside/],
  ['orders:read', '', /write a list of scopes/],
  ['"a b"', '', /write a list of scopes/],
  ['["a b"]', '', /one scope an item/],
  ["['a\"b']", '', /one scope an item/],
  ['[1]', '', /one scope an item/],
  ['[null]', '', /one scope an item/],
  ['null', '', /write a list of scopes/],
  ['{ GET: r }', 'GET', /write a list of scopes/],
] as const) {
  test(`scopes: ${scopes} for ${methods || 'any method'} is refused, never taken for no check`, () => {
    const faults = authFaults(`{ issuer: main, scopes: ${scopes} }`, methods);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', right);
  });
}

for (const [auth, right] of [
  ['{}', /names no issuer/],
  ['nome', /write `none`/],
  ['null', /`auth` is `null`; write `none`/],
  ['[main]', /write `none`, or a map/],
  ['true', /write `none`/],
  ['{ issuer: mian }', /unknown issuer `mian`; did you mean `main`/],
  ['{ issuer: main, type: oauth }', /known is `jwt`/],
  ['{ issuer: "https://auth.example.com" }', /needs its `jwks_uri`/],
  ['{ issuer: main, jwks_uri: "https://a.example/jwks" }', /belongs to the key set/],
  ['{ issuer: main, jwks_ttl: 5m }', /belongs to the key set/],
  ['{ issuer: main, scope: [a] }', /did you mean `scopes`/],
  ['{ issuer: main, audience: [] }', /empty list/],
  ['{ issuer: main, algorithms: [] }', /empty list/],
  ['{ issuer: main, required_claims: sub }', /write a list/],
  ['{ issuer: main, clock_skew: 6m }', /keeps expired tokens alive/],
  ['{ issuer: x, jwks_uri: "http://a.example/jwks", audience: a }', /write `https:\/\/`/],
] as const) {
  test(`auth: ${auth} is refused`, () => {
    const faults = authFaults(auth);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', right);
  });
}

for (const [algorithm, right] of [
  ['none', /an unsigned token proves nothing/],
  ['None', /an unsigned token proves nothing/],
  ['nOnE', /an unsigned token proves nothing/],
  ['HS256', /with a shared secret/],
  ['hs512', /with a shared secret/],
  ['RS257', /did you mean `RS256`/],
  ['rs256', /did you mean `RS256`/],
  ['ES256K', /did you mean `ES256`/],
  ['EDDSA', /did you mean `EdDSA`/],
  ['RSA-OAEP', /known are/],
  ['""', /known are/],
  ['"*"', /known are/],
  ['5', /write `RS256` or|known are/],
] as const) {
  test(`JWT-03 the algorithm ${algorithm} is refused, alone or beside a good one`, () => {
    for (const list of [`[${algorithm}]`, `[RS256, ${algorithm}]`]) {
      const faults = authFaults(`{ issuer: main, algorithms: ${list} }`);
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', right);
    }
  });
}

function issuerFaults(keys: string): readonly string[] {
  const text = withRoutes('  - { path: /a, kind: operations, upstream: app, auth: { issuer: other } }').replace(
    'issuers:\n',
    `issuers:\n  other: { ${keys} }\n`,
  );
  return faultsOf(text).filter((line) => line.startsWith('g.yaml:2:'));
}

const GOOD = 'issuer: x, jwks_uri: "https://a.example/jwks"';

test('an issuer that says all there is to say is not commented on', () => {
  assert.deepEqual(
    issuerFaults(`${GOOD}, audience: a, jwks_ttl: 5m, max_stale: 0s, algorithms: [PS512, ES512], clock_skew: 1m`),
    [],
  );
});

for (const [keys, right] of [
  [GOOD, /warning: issuer `other` has no `audience`/],
  [`${GOOD}, audience: a, clock_skew: 0s`, /warning: a `clock_skew` of 0s/],
  [`${GOOD}, audience: a, clock_skew: 29s`, /warning: a `clock_skew` of 29s/],
  [`${GOOD}, audience: a, jwks_ttl: 4m`, /from `5m` to `15m`: sooner/],
  [`${GOOD}, audience: a, jwks_ttl: 16m`, /later trusts a withdrawn key/],
  [`${GOOD}, audience: a, clock_skew: 301s`, /from `0s` to `5m`/],
  [`${GOOD}, audience: a, max_stale: 25h`, /from `0s` to `24h`/],
  [`${GOOD}, audence: a`, /did you mean `audience`/],
  ['jwks_uri: "https://a.example/jwks", audience: a', /has no `issuer`/],
  ['issuer: x, audience: a', /has no `jwks_uri`/],
  ['issuer: x, audience: a, jwks_uri: "https://u:p@a.example/jwks"', /leave the user and password out/],
  ['issuer: x, audience: a, jwks_uri: "https://auth.example.com/jwks.json", jwks_ttl: 5m', undefined],
] as const) {
  test(`issuers: { other: { ${keys} } } gets ${right === undefined ? 'no line' : 'one line'} of its own`, () => {
    const faults = issuerFaults(keys);
    assert.equal(faults.length, right === undefined ? 0 : 1, faults.join('\n'));
    if (right !== undefined) assert.match(faults[0] ?? '', right);
  });
}

test('JWT-03 a clock skew of 0s really is zero', () => {
  assert.equal(authOf('{ issuer: main, clock_skew: 0s }').issuers[0]!.clockSkewMs, 0);
});

test('issuers that share a key set agree on how long it is kept', () => {
  const faults = authFaults(
    '{ issuer: other, jwks_uri: "https://auth.example.com/jwks.json", audience: a, jwks_ttl: 5m }',
  );
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /shared with the issuer at line 2, whose `jwks_ttl` differs/);
});

const SEVERAL = `issuers:
  main: { issuer: https://auth.example.com, jwks_uri: https://auth.example.com/jwks.json, audience: api }
  same: { issuer: https://auth.example.com, jwks_uri: https://auth.example.com/other.json, audience: api }
  other: { issuer: https://other.example.com, jwks_uri: https://other.example.com/jwks.json, audience: api }
upstreams: { app: { targets: ['http://127.0.0.1:3000'] } }
routes:
  - { path: /b, upstream: app, kind: internal, auth: { issuer: same } }
  - { path: /a, upstream: app, kind: internal, auth: AUTH }
`;

test('a route takes tokens of several issuers, each as it stands', () => {
  const { config, warnings } = configOf(SEVERAL.replace('AUTH', '{ issuer: [main, other] }'));
  assert.deepEqual(config.routes[1]!.auth!.issuers, [config.issuers[0], config.issuers[2]]);
  assert.deepEqual(warnings, []);
});

for (const [auth, fault] of [
  ['{ issuer: [main, othr] }', /^g\.yaml:8:71: unknown issuer `othr`; did you mean `other`/],
  ['{ issuer: [main, same] }', /^g\.yaml:8:71: `iss` would not tell this one/],
  ['{ issuer: [main, other, main] }', /^g\.yaml:8:78: `iss` would not tell this one/],
  ['{ issuer: [] }', /`issuer` is an empty list/],
  ['{ issuer: [main, other], audience: api }', /`audience` belongs to one issuer, and the route takes several/],
  ['{ issuer: [main, other], jwks_uri: https://a.example/jwks }', /`jwks_uri` belongs to one issuer/],
  ['{ issuer: [main, 1] }', /`issuer` holds `1`/],
  ['{ issuer: 1 }', /write the name of one of `issuers`, or a list/],
] as const) {
  test(`several issuers as in ${auth} are a fault`, () => {
    const faults = faultsOf(SEVERAL.replace('AUTH', auth)).filter((one) => !one.includes('warning'));
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0]!, fault);
  });
}
