import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCertificate } from '../../test/support/certificate.ts';
import { faultsOf, routeFaults, routeOf, withRoutes } from '../../test/support/configuration.ts';
import { sourceOf } from '../../test/support/source.ts';
import { parseConfig } from './load.ts';

const GUARDED = 'kind: operations, auth: { issuer: main }';

test('the token is stripped unless the route says otherwise', () => {
  assert.equal(routeOf(GUARDED).plugins.stripAuthHeader, true);
  assert.equal(routeOf(`${GUARDED}, plugins: []`).plugins.stripAuthHeader, true);
  assert.equal(routeOf(`${GUARDED}, plugins: [strip-auth-header: false]`).plugins.stripAuthHeader, false);
});

test('HDR-12 claims are named by path, or whole by URL', () => {
  const { injectClaims } = routeOf(
    `${GUARDED}, plugins: [inject-claims: { headers: { X-Roles: realm.roles, X-Plan: "https://example.com/plan" } }]`,
  ).plugins;
  assert.deepEqual(injectClaims, [
    { header: 'X-Roles', claim: ['realm', 'roles'] },
    { header: 'X-Plan', claim: ['https://example.com/plan'] },
  ]);
});

test('claims of a client certificate are named, and need callers to be asked for one', () => {
  const plugins = (claim: string) => `plugins: [inject-claims: { headers: { X-User: sub, X-Client: ${claim} } }]`;
  const asked = withRoutes(`  - { path: /a, upstream: app, ${GUARDED}, ${plugins('certificate:dns')} }`);
  const edge = createCertificate({ name: 'gateway.test' });
  const files = { 'edge.pem': edge.cert, 'edge.key': edge.key };
  const tls = 'tls: { cert: edge.pem, key: edge.key, client_certificates: { mode: optional, ca: edge.pem } }\n';
  const { config } = parseConfig(tls + asked, 'g.yaml', sourceOf({ files }));
  assert.deepEqual(config?.routes[0]?.plugins.injectFromCertificate, [{ header: 'X-Client', claim: ['dns'] }]);
  assert.deepEqual(config?.routes[0]?.plugins.injectClaims, [{ header: 'X-User', claim: ['sub'] }]);
  const [unasked, ...more] = routeFaults(`path: /a, ${GUARDED}, ${plugins('certificate:dns')}`);
  assert.match(unasked!, /callers are not asked for a certificate.*client_certificates/);
  assert.deepEqual(more, []);
  assert.match(routeFaults(`path: /a, ${GUARDED}, ${plugins('certificate:dnz')}`).join(), /did you mean `dns`/);
  assert.match(routeFaults(`path: /a, ${GUARDED}, client_certificate: required`).join(), /nobody could call/);
  assert.match(routeFaults(`path: /a, ${GUARDED}, client_certificate: []`).join(), /is an empty list/);
  assert.match(routeFaults(`path: /a, ${GUARDED}, client_certificate: optional`).join(), /write `required`, or a list/);
});

for (const header of [
  'Host',
  'content-length',
  'Transfer-Encoding',
  'Connection',
  'Upgrade',
  'Authorization',
  'Cookie',
  'X-Forwarded-For',
  'X_Forwarded_Anything',
  'X-Request-ID',
  'Traceparent',
  'Content_Length',
  'Forwarded',
  'TE',
]) {
  test(`HDR-05 no claim goes into ${header}`, () => {
    const faults = routeFaults(`path: /a, ${GUARDED}, plugins: [inject-claims: { headers: { ${header}: sub } }]`);
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? '', /is not free for claims/);
  });
}

for (const [plugins, right] of [
  ['[inject-claims: { headers: { X-User: sub, x_user: tenant } }]', /one header to most services/],
  ['[inject-claims: { headers: { "X User": sub } }]', /write a header name/],
  ['[inject-claims: { headers: { "X-User\\r\\nX-Admin": sub } }]', /write a header name/],
  ['[inject-claims: { headers: { X-User: a..b } }]', /empty part/],
  ['[inject-claims: { headers: { X-User: null } }]', /write a claim/],
  ['[inject-claims: { headers: {} }]', /names no header/],
  ['[inject-claims: {}]', /names no header/],
  ['[inject-claims: { header: { X-User: sub } }]', /did you mean `headers`/],
  ['[inject-claim: { headers: { X-User: sub } }]', /did you mean `inject-claims`/],
  ['[strip-auth-header]', /write a map of keys/],
  ['[strip-auth-header: yes]', /write `true` or `false`/],
  ['[strip-auth-header: true, strip-auth-header: false]', /listed twice/],
  ['[{ strip-auth-header: true, inject-claims: { headers: { X-User: sub } } }]', /one plugin/],
  ['[{}]', /one plugin/],
  ['{ strip-auth-header: true }', /write a list/],
  ['[set-headers: {}]', /changes nothing/],
  ['[ip-allow: []]', /nobody could call/],
  ['[ip-allow: [10.0.0.1/8]]', /`10\.0\.0\.0\/8`/],
  ['[ip-allow: [anywhere]]', /write an address or block/],
  ['[mock-response: { status: 204, headers: { Content-Type: a/b }, body: x }]', /status 204 has no body/],
  ['[mock-response: { body: x }]', /Content-Type/],
  ['[mock-response: { status: 101 }]', /from 200 to 599/],
  ['[mock-response: { headers: { Content-Length: "5" } }]', /is not free to change/],
  ['[set-headers: { request: {} }]', /changes nothing/],
  ['[set-headers: { request: { set: { X-A: "b\\r\\nX-C: d" } } }]', /write a header value/],
  ['[set-headers: { request: { set: { X-A: b }, remove: [x_a] } }]', /named twice/],
  ['[set-headers: { response: { append: { Set_Cookie: a, Set-Cookie: b } } }]', /named twice/],
  ['[set-headers: { request: { add: { X-A: b } } }]', /unknown/],
] as const) {
  test(`plugins: ${plugins} is refused`, () => {
    const faults = routeFaults(`path: /a, ${GUARDED}, plugins: ${plugins}`);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', right);
  });
}

test('a route that everybody may call has no claims to inject', () => {
  const faults = routeFaults(
    'path: /a, kind: operations, auth: none, plugins: [inject-claims: { headers: { X-User: sub } }]',
  );
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? '', /no claims to inject/);
});

for (const [side, header] of [
  ['request', 'Host'],
  ['request', 'content_length'],
  ['request', 'Authorization'],
  ['request', 'X-Forwarded-For'],
  ['request', 'X-Method-Override'],
  ['request', 'Max-Forwards'],
  ['request', 'Sec-WebSocket-Key'],
  ['response', 'Transfer-Encoding'],
  ['response', 'Content-Encoding'],
  ['response', 'RateLimit'],
  ['response', 'X-Request-ID'],
  ['response', 'Access-Control-Allow-Origin'],
] as const) {
  test(`set-headers leaves ${header} of the ${side} alone`, () => {
    for (const edit of [`set: { ${header}: a }`, `append: { ${header}: a }`, `remove: [${header}]`]) {
      const faults = routeFaults(`path: /a, ${GUARDED}, plugins: [set-headers: { ${side}: { ${edit} } }]`);
      assert.equal(faults.length, 1, faults.join());
      assert.match(faults[0] ?? '', /is not free to change/);
    }
  });
}

test('a header that carries identity on one route is not to be written on another', () => {
  const faults = faultsOf(
    withRoutes(`  - { path: /a, upstream: app, ${GUARDED}, plugins: [inject-claims: { headers: { X-User-ID: sub } }] }
  - { path: /b, upstream: app, kind: operations, auth: none, plugins: [set-headers: { request: { set: { x_user_id: admin } } }] }`),
  );
  assert.equal(faults.length, 1, faults.join());
  assert.match(faults[0] ?? '', /^g\.yaml:10:\d+: the header `x_user_id` says who calls/);
});
