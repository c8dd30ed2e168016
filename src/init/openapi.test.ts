import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Described, readOpenApi } from './openapi.ts';

function described(paths: unknown, more: object = {}): Described {
  const read = readOpenApi({ openapi: '3.1.0', paths, ...more });
  assert.ok(typeof read !== 'string', JSON.stringify(read));
  return read;
}

const routesOf = (...args: Parameters<typeof described>) =>
  described(...args).routes.map(({ path, methods, kind, guarded, scopes }) => [
    `${methods.join(',')} ${path}`,
    guarded ? Object.fromEntries(scopes) : kind,
  ]);
const key = (...scopes: readonly string[]) => [{ oauth: scopes }];

test('one route a path, with the scopes of each method; its own security goes before that of the whole', () => {
  const paths = {
    '/orders/{order-id}': { get: {}, put: { security: key('orders:write', 'orders:read') }, parameters: [] },
  };
  assert.deepEqual(routesOf(paths, { security: key('orders:read') }), [
    ['GET,PUT /orders/:order_id', { GET: ['orders:read'], PUT: ['orders:write', 'orders:read'] }],
  ]);
});

test('what asks for nothing is a route apart; a sign-in and a health check are known', () => {
  const paths = {
    '/orders': { get: { security: [] }, post: { security: key() } },
    '/auth/login': { post: {} },
    '/healthz': { get: {} },
    '/search': { get: { security: [{}, { oauth: [] }] } },
  };
  assert.deepEqual(routesOf(paths), [
    ['GET /orders', 'public'],
    ['POST /orders', {}],
    ['POST /auth/login', 'authentication'],
    ['GET /healthz', 'operations'],
    ['GET /search', 'public'],
  ]);
});

test('the first server gives the service and the front of every path', () => {
  const { service, routes } = described({ '/a': { get: {} } }, { servers: [{ url: 'https://api.example.com/v2/' }] });
  assert.deepEqual([service, routes[0]?.path], ['https://api.example.com', '/v2/a']);
  assert.equal(
    described({ '/a': { get: {} } }, { servers: [{ url: 'https://{tenant}.example.com' }] }).service,
    undefined,
  );
});

test('what has no counterpart is left out, and said', () => {
  const { routes, notes } = described({
    '/files/{name}.json': { get: {} },
    '/two': { get: { security: [{ a: ['x'] }, { b: ['y'] }] } },
  });
  assert.deepEqual(
    routes.map(({ path }) => path),
    ['/two'],
  );
  assert.deepEqual(
    notes.map((note) => note.split(':')[0]),
    ['left out', 'look again'],
  );
});

for (const [description, wrong] of [
  [null, /no map/],
  ['text', /no map/],
  [{ swagger: '2.0', paths: {} }, /OpenAPI 3/],
  [{ openapi: '3.0.0' }, /no `paths`/],
] as const) {
  test(`${JSON.stringify(description)} is no description`, () =>
    assert.match(JSON.stringify(readOpenApi(description)), wrong));
}
