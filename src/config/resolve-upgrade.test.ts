import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCertificate } from '../../test/support/certificate.ts';
import { routeFaults, routeOf, withRoutes } from '../../test/support/configuration.ts';
import { sourceOf } from '../../test/support/source.ts';
import { formatFault } from './faults.ts';
import { parseConfig } from './load.ts';

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
  assert.deepEqual(routeFaults(`${COOKIE}, methods: [GET], upgrade: [websocket], ${cors}`), []);
});

test('UPG-02 a certificate that any page may use is warned of, where nothing else says who calls', () => {
  const edge = createCertificate({ name: 'gateway.test' });
  const files = { 'edge.pem': edge.cert, 'edge.key': edge.key };
  const tls = 'tls: { cert: edge.pem, key: edge.key, client_certificates: { mode: optional, ca: edge.pem } }\n';
  const warned = (keys: string): boolean => {
    const route = `  - { path: /a, upstream: app, kind: operations, upgrade: [websocket], ${keys} }`;
    const loaded = parseConfig(tls + withRoutes(route), 'g.yaml', sourceOf({ files }));
    if (loaded.config === undefined) assert.fail(loaded.faults.map(formatFault).join('\n'));
    return loaded.warnings.map(formatFault).some((line) => line.includes('a browser shows its certificate'));
  };
  const inject = 'plugins: [inject-claims: { headers: { X-Client: certificate:subject } }]';
  const page = 'cors: { origins: ["https://app.example.com"] }';
  assert.equal(warned('auth: none, client_certificate: required'), true);
  assert.equal(warned(`auth: none, ${inject}`), true);
  assert.equal(warned("auth: none, client_certificate: required, cors: { origins: ['*'] }"), true);
  assert.equal(warned(`auth: none, client_certificate: required, ${page}`), false);
  assert.equal(warned(`auth: none`), false);
  // A page cannot send the header that the token stands in.
  assert.equal(warned('auth: { issuer: main }, rate_limit: none, client_certificate: required'), false);
});
