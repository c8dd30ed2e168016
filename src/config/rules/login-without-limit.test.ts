import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf, withRoutes } from '../../../test/support/configuration.ts';

function found(routes: string): readonly string[] {
  return faultsOf(withRoutes(routes)).filter((line) => line.endsWith('[login-without-limit]'));
}

test('the incident: every route has a limit except the login, which is named with what mends it', () => {
  const route = (path: string, limit: string) =>
    `  - { path: ${path}, kind: internal, upstream: app, auth: none, rate_limit: ${limit} }`;
  const limited = ['/orders', '/orders/:id', '/carts', '/stock'].map((path) =>
    route(path, '{ quota: 100/min, by: address, mode: enforce }'),
  );
  assert.deepEqual(found([...limited, route('/login', 'none')].join('\n')), [
    'g.yaml:13:76: `/login` looks like authentication (`login`) and has no limit: passwords can be tried; write `rate_limit: { quota: 10/min, by: address }` [login-without-limit]',
  ]);
});

const OPEN = 'upstream: app, auth: none';
for (const keys of [
  `path: /v1/Sign-In, kind: internal, ${OPEN}`,
  `path: /users/:id/passwordReset, kind: internal, ${OPEN}`,
  `path: /a, name: otp check, kind: internal, ${OPEN}`,
  `path: /token, ${OPEN}, rate_limit: { quota: 100/min, by: address }`,
  `path: /token, ${OPEN}, rate_limit: { quota: 10/min, by: user }`,
  `path: /2fa, ${OPEN}, rate_limit: { quota: 1/s, by: address }`,
  `path: /forgot, ${OPEN}, rate_limit: { quota: 10/min, by: address, mode: observe }`,
  `path: /verify/*, kind: operations, ${OPEN}`,
]) {
  test(`{ ${keys} } is an error`, () => {
    const [line = '', ...others] = found(`  - { ${keys} }`);
    assert.doesNotMatch(line, /: warning: /);
    assert.notEqual(line, '');
    assert.deepEqual(others, []);
  });
}

for (const keys of [
  'path: /password, upstream: app, auth: { issuer: main }, rate_limit: calls',
  `path: /login, methods: [GET, HEAD], ${OPEN}, rate_limit: { quota: 100/min, by: address }`,
]) {
  test(`{ ${keys} } is a warning`, () => assert.match(found(`  - { ${keys} }`).join('\n'), /: warning: /));
}

for (const keys of [
  `path: /sign-in, kind: authentication, ${OPEN}`,
  `path: /login, ${OPEN}, rate_limit: [{ quota: 5/s, by: address }, { quota: 30/min, by: address }]`,
  `path: /blogs/logins2019, ${OPEN}, rate_limit: calls`,
  'path: /tokens, upstream: app, auth: { issuer: main }, rate_limit: calls',
  'path: /password, upstream: app, auth: { issuer: main }, rate_limit: { quota: 5/min, by: user }',
]) {
  test(`{ ${keys} } has nothing to be said of`, () => assert.deepEqual(found(`  - { ${keys} }`), []));
}

test('a POST to an identity service looks like authentication', () => {
  const text = (method: string) => `upstreams: { identity: { targets: ['http://127.0.0.1:1'] } }
routes:
  - { path: /go, methods: [${method}], upstream: identity, auth: none, rate_limit: { quota: 100/min, by: address } }`;
  assert.match(faultsOf(text('POST')).join('\n'), /posts to `identity`/);
  assert.deepEqual(faultsOf(text('GET')), []);
});
