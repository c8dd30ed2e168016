import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostFault, originFault, pathFault, readClaimPath, shapeOf } from './patterns.ts';

for (const path of [
  '/',
  '/*',
  '/a',
  '/a/',
  '/api/v1/*',
  '/users/:id/orders/:order_id',
  "/a!$&'()+,=@-_~.",
  '/a.b/..c',
  '/caf%C3%A9',
  '/%20',
]) {
  test(`${path} is a path`, () => assert.equal(pathFault(path), undefined));
}

for (const [path, right] of [
  ['a', /`\/a`/],
  ['//', /single slashes/],
  ['/a//b', /single slashes/],
  ['/a/../b', /dot segments/],
  ['/.', /dot segments/],
  ['/a*', /whole last segment/],
  ['/*/a', /whole last segment/],
  ['/**', /whole last segment/],
  ['/:', /whole segment/],
  ['/:a.b', /whole segment/],
  ['/:id/:id', /name of its own/],
  ['/a?b', /query/],
  ['/a#b', /query/],
  ['/a;b', /`;`/],
  ['/a\\b', /`;`/],
  ['/%61', /`a`/],
  ['/%c3%a9', /`%C3%A9`/],
  ['/%3Ax', /`:x`/],
  ['/a%2Fb', /separators/],
  ['/a%5cb', /separators/],
  ['/a%25', /separators/],
  ['/a%00', /separators/],
  ['/a%2e%2e', /`a\.\.`/],
  ['/%', /two hex digits/],
  ['/%zz', /two hex digits/],
  ['/%c0%ae', /two hex digits/],
  ['/a"b', /`a%22b`/],
] as const) {
  test(`${path} is no path`, () => assert.match(pathFault(path) ?? '', right));
}

test('what is put in the place of a path is plain', () => {
  assert.equal(pathFault('/new/base', true), undefined);
  assert.match(pathFault('/new/*', true) ?? '', /leave the `\*` out/);
  assert.match(pathFault('/new/:id', true) ?? '', /leave `:name` out/);
});

test('parameter names do not tell paths apart', () => {
  assert.equal(shapeOf('/users/:id/*'), shapeOf('/users/:user/*'));
  assert.notEqual(shapeOf('/users/:id'), shapeOf('/users/id'));
});

for (const host of [
  'example.com',
  '*.example.com',
  'localhost',
  'a-b.c_d.example',
  '127.0.0.1',
  '[::1]',
  'xn--caf-dma.example',
]) {
  test(`${host} is a host`, () => assert.equal(hostFault(host), undefined));
}

for (const [host, right] of [
  ['https://example.com', /scheme/],
  ['example.com:443', /port/],
  ['example.com.', /final dot/],
  ['*', /whole first label/],
  ['*example.com', /whole first label/],
  ['a.*.com', /whole first label/],
  ['café.example', /`xn--caf-dma\.example`/],
  ['*.café.example', /`\*\.xn--caf-dma\.example`/],
  ['a..b', /host as in/],
  ['-a.com', /host as in/],
  ['a/b', /host as in/],
  ['u@a', /host as in/],
  ['[::g]', /host as in|IPv6/],
  ['', /host as in/],
] as const) {
  test(`${host} is no host`, () => assert.match(hostFault(host) ?? '', right));
}

for (const origin of [
  '*',
  'https://app.example.com',
  'http://localhost:3000',
  'https://*.example.com',
  'https://*.example.com:8443',
  'http://[::1]:8080',
]) {
  test(`${origin} is an origin`, () => assert.equal(originFault(origin), undefined));
}

for (const origin of [
  'null',
  'app.example.com',
  '//app.example.com',
  'https://app.example.com/',
  'https://app.example.com/a',
  'https://app.example.com?',
  'https://app.example.com:443',
  'http://app.example.com:80',
  'HTTPS://app.example.com',
  'https://App.example.com',
  'https://*',
  'https://*.com',
  'https://*example.com',
  'https://app*.example.com',
  'https://*.*.example.com',
  'https://app.*.com',
  'https://.*.example.com',
  'https://.example.com',
  'https://app\\.example\\.com',
  '^https://app.example.com$',
  'https://(a|b).example.com',
  'https://[a-z]+.example.com',
  'https://app.example.com,https://b.example.com',
  'https://u@app.example.com',
  'https://',
]) {
  test(`CORS-06 ${origin} is no origin`, () => assert.equal(typeof originFault(origin), 'string'));
}

test('a claim path is split at its dots, a claim named by URL is not', () => {
  assert.deepEqual(readClaimPath('sub'), ['sub']);
  assert.deepEqual(readClaimPath('realm.roles'), ['realm', 'roles']);
  assert.deepEqual(readClaimPath('https://example.com/roles'), ['https://example.com/roles']);
  for (const text of ['.a', 'a.', 'a..b', '.']) assert.equal(readClaimPath(text), undefined);
});
