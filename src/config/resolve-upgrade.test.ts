import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeFaults, routeOf } from '../../test/support/configuration.ts';

const OPEN = 'path: /a, kind: operations, auth: none';
const COOKIE = `path: /a, kind: internal, auth: { issuer: main, token_source: 'cookie: session' }, rate_limit: none`;
const open = (keys: string) => routeOf(`kind: operations, auth: none, ${keys}`);

test('a route without `upgrade` switches nobody, and no body of it is without end', () => {
  const route = open('rate_limit: none');
  assert.equal(route.webSocket, undefined);
  assert.equal(route.streaming, false);
});

test('a WebSocket is idle for 5 minutes and ends with its token, unless the route says otherwise', () => {
  assert.deepEqual(open('upgrade: [websocket]').webSocket, { idleMs: 300_000, closeOnExpiry: true });
  const other = open('upgrade: [WebSocket], close_on_expiry: false, timeouts: { tunnel_idle: 30s }');
  assert.deepEqual(other.webSocket, { idleMs: 30_000, closeOnExpiry: false });
  assert.equal(open('streaming: true').streaming, true);
});

for (const [what, keys, fault] of [
  ['h2c', `${OPEN}, upgrade: [h2c]`, /`h2c` is not offered: requests in it would pass every check by/],
  ['tls', `${OPEN}, upgrade: [websocket, TLS/1.0]`, /`TLS\/1\.0` is not offered; write `websocket`/],
  ['another protocol', `${OPEN}, upgrade: [foo]`, /`foo` is not offered; write `websocket`/],
  ['no protocol', `${OPEN}, upgrade: []`, /empty list/],
  ['a route without GET', `${OPEN}, methods: [POST], upgrade: [websocket]`, /opened by GET/],
  ['a limit of what there is none of', `${OPEN}, timeouts: { tunnel_idle: 1m }`, /`tunnel_idle` is about WebSockets/],
  ['an expiry of what there is none of', `${OPEN}, close_on_expiry: true`, /`close_on_expiry` is about WebSockets/],
  ['two words on the total time', `${OPEN}, streaming: true, timeouts: { total: 5s }`, /keep one of them/],
  ['a cookie that any page may use', `${COOKIE}, upgrade: [websocket]`, /no `cors` says which pages may; write `cors:/],
  [
    'a cookie with `cors` for all',
    `${COOKIE}, upgrade: [websocket], cors: { origins: ['*'] }`,
    /`cors` lets any page; write `cors:/,
  ],
] as const) {
  test(`${what} is a fault`, () => {
    const faults = routeFaults(keys);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0]!, fault);
  });
}

test('a cookie is fine where the pages are named', () => {
  const cors = 'cors: { origins: ["https://app.example.com"], credentials: true }';
  assert.deepEqual(routeFaults(`${COOKIE}, upgrade: [websocket], ${cors}`), []);
});
