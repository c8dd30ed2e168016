import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const upstream = await startUpstream();
const gateway = await startGateway(`
upstreams: { orders: { targets: ["${upstream.url}"] }, based: { targets: ["${upstream.url}/hi/"] } }
routes:
  - { path: /api/v1/*, kind: operations, upstream: orders, auth: none, rate_limit: none, strip_prefix: /api/v1 }
  - { path: /old/*, kind: operations, upstream: orders, auth: none, rate_limit: none, rewrite: /new }
  - { path: "/users/:id/*", kind: operations, upstream: orders, auth: none, rate_limit: none, rewrite: /me }
  - { path: /ho/*, kind: operations, upstream: based, auth: none, rate_limit: none }
`);
after(() => Promise.all([gateway.close(), upstream.close()]));

test('PATH-14 PATH-15 a prefix is taken off the normal form, and a rewrite or a base put in its place', async () => {
  for (const [path, sent] of [
    ['/api/v1/users?x=%2f', '/users?x=%2f'],
    ['/api/v1', '/'],
    ['/api/v1/', '/'],
    ['/%61pi/v1/users', '/users'],
    ['/x/../api/v1/users', '/users'],
    ['/api/v1/api/v1/x', '/api/v1/x'],
    ['/old/a/b?c', '/new/a/b?c'],
    ['/old', '/new'],
    ['/old/../old/%2e/a', '/new/a'],
    ['/users/7/cart', '/me/cart'],
    ['/users/%2e%2e/old/x', '/new/x'],
    ['/ho/x', '/hi/ho/x'],
    ['/ho/a/%2E%2E/hi', '/hi/ho/hi'],
  ] as const) {
    assert.equal((await ask(gateway.port, path)).json<Received>().target, sent, path);
  }
});

test('PATH-15 nothing climbs out of what stands before it', async () => {
  const before = upstream.received.length;
  for (const [path, status] of [
    ['/old/../../x', 400],
    ['/old/..', 404],
    ['/old/%2e%2e/x', 404],
    ['/old/..%2fx', 400],
    ['/ho/../../x', 400],
    ['/ho/../x', 404],
    ['/api/v1//evil.example/x', 400],
    ['/api/v1/..', 404],
  ] as const) {
    assert.equal((await ask(gateway.port, path)).status, status, path);
  }
  assert.equal(upstream.received.length, before);
  assert.equal((await ask(gateway.port, '/old/x')).status, 200);
});
