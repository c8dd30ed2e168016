import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf, routeFaults, routeOf, withRoutes } from '../../test/support/configuration.ts';

const OPEN = 'kind: operations, auth: none';

test('what a route says comes to values', () => {
  const route = routeOf(
    `${OPEN}, name: probe, hosts: [API.example.com, "*.example.org"], methods: [GET, POST, GET], max_body: 1kb, timeouts: { total: 5s }`,
  );
  assert.equal(route.name, 'probe');
  assert.deepEqual(route.hosts, ['api.example.com', '*.example.org']);
  assert.deepEqual(route.methods, ['GET', 'POST']);
  assert.equal(route.maxBodyBytes, 1024);
  assert.equal(route.totalMs, 5000);
});

test('a route without a name is called by its methods, hosts and path', () => {
  assert.equal(routeOf(OPEN).name, '/a');
  assert.equal(routeOf(`${OPEN}, methods: [GET, PUT], host: a.example`).name, 'GET,PUT a.example/a');
});

test('prefixes and rewrites', () => {
  const text = withRoutes(`  - { path: /api/v1/*, upstream: app, ${OPEN}, strip_prefix: /api, rewrite: /v2 }`);
  const [route] = configOf(text).config.routes;
  assert.equal(route?.stripPrefix, '/api');
  assert.equal(route?.rewrite, '/v2');
});

for (const [keys, right] of [
  [OPEN, /has no `path`/],
  [`path: /a//b, ${OPEN}`, /single slashes/],
  [`path: "/%61", ${OPEN}`, /as requests are matched: `a`/],
  [`path: /a, ${OPEN}, methods: []`, /empty list/],
  [`path: /a, ${OPEN}, methods: [get]`, /did you mean `GET`/],
  [`path: /a, ${OPEN}, methods: [CONNECT]`, /known are/],
  [`path: /a, ${OPEN}, methods: GET`, /write a list, as in `\[GET, POST\]`/],
  [`path: /a, ${OPEN}, method: [GET]`, /did you mean `methods`/],
  [`path: /a, ${OPEN}, host: a.example, hosts: [b.example]`, /side by side/],
  [`path: /a, ${OPEN}, hosts: []`, /empty list/],
  [`path: /a, ${OPEN}, host: "a.example:443"`, /leave the port out/],
  [`path: /a, ${OPEN}, strip_prefix: /b`, /not the front of the path/],
  [`path: /ab, ${OPEN}, strip_prefix: /a`, /not the front of the path/],
  [`path: "/:id/a", ${OPEN}, strip_prefix: "/:id"`, /leave `:name` out/],
  [`path: /a/b, ${OPEN}, strip_prefix: /a/`, /ends in a slash/],
  [`path: "/a/*", ${OPEN}, rewrite: "/b/*"`, /leave the `\*` out/],
  [`path: /a, ${OPEN}, rewrite: b`, /`\/b`/],
  [`path: /a, ${OPEN}, timeouts: { total: 0s }`, /from `10ms`/],
  [`path: /a, ${OPEN}, timeouts: { total: 500ms }`, /alone 1000ms to connect/],
  [`path: /a, ${OPEN}, max_body: -1`, /as in `64kb`/],
  [`path: /a, ${OPEN}, name: "a,b"`, /write a name/],
] as const) {
  test(`{ ${keys} } is refused`, () => {
    const faults = routeFaults(keys);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', right);
  });
}

test('a route that names no upstream, or one that there is not', () => {
  const faults = (keys: string) => faultsOf(withRoutes(`  - { path: /a, ${OPEN} ${keys} }`));
  assert.match(faults('')[0] ?? '', /has no `upstream`/);
  assert.match(faults(', upstream: ap')[0] ?? '', /unknown upstream `ap`; did you mean `app`\?/);
});

const pair = (first: string, second: string) =>
  faultsOf(withRoutes(`  - { upstream: app, ${OPEN}, ${first} }\n  - { upstream: app, ${OPEN}, ${second} }`)).filter(
    (line) => !line.includes('warning'),
  );

for (const [first, second] of [
  ['path: /a', 'path: /a'],
  ['path: "/a/:id"', 'path: "/a/:name"'],
  ['path: "/a/*"', 'path: "/a/*"'],
  ['path: /a, methods: [GET, POST]', 'path: /a, methods: [POST, PUT]'],
  ['path: /a, hosts: [a.example, b.example]', 'path: /a, host: B.example'],
  ['path: /a, host: "*.example.com"', 'path: /a, host: "*.example.com"'],
] as const) {
  test(`PATH-16 nothing tells { ${first} } from { ${second} }`, () => {
    const faults = pair(first, second);
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? '', /^g\.yaml:10:\d+: nothing tells this route from the one at line 9, column 5 /);
  });
}

for (const [first, second] of [
  ['path: /a', 'path: /a/'],
  ['path: /a', 'path: "/a/*"'],
  ['path: "/:id"', 'path: /id'],
  ['path: /a, methods: [GET]', 'path: /a, methods: [POST]'],
  ['path: /a, methods: [GET]', 'path: /a'],
  ['path: /a, host: a.example', 'path: /a'],
  ['path: /a, host: a.example.com', 'path: /a, host: "*.example.com"'],
] as const) {
  test(`PATH-16 { ${first} } and { ${second} } are two routes`, () => assert.deepEqual(pair(first, second), []));
}

test('PATH-16 methods that come from scopes tell routes apart too', () => {
  const route = (method: string) =>
    `  - { path: /a, upstream: app, kind: public, rate_limit: calls, auth: { issuer: main, scopes: { ${method}: [s] } } }`;
  assert.deepEqual(faultsOf(withRoutes(`${route('GET')}\n${route('POST')}`)), []);
});

test('two routes of one name would be one to logs and metrics', () => {
  const [fault] = pair('path: /a, name: x', 'path: /b, name: x');
  assert.match(fault ?? '', /^g\.yaml:10:\d+: the route at line 9 is named `x` too/);
});

test('a route that is wrong in one thing is still looked at for all others', () => {
  const faults = routeFaults(
    'path: a, kind: publc, auth: { issuer: x }, rate_limit: y, cors: { origins: ["null"] }, plugins: [zip: true], max_body: z',
  );
  assert.equal(faults.length, 7, faults.join('\n'));
});
