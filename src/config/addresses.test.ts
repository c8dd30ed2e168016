import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, readBlock, readKeySetUrl, readListen, readTarget } from './addresses.ts';

test('listen addresses', () => {
  assert.deepEqual(readListen('127.0.0.1:8080'), { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(readListen('[::1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(readListen('localhost:65535'), { host: 'localhost', port: 65_535 });
  for (const text of ['127.0.0.1:65536', '127.0.0.256:80', '127.0.0:80', '[::g]:80', '[1:2]:80']) {
    assert.equal(typeof readListen(text), 'string', text);
  }
});

test('loopback is loopback in any of its spellings, and nothing else', () => {
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost', 'a.localhost'])
    assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '128.0.0.1', 'localhost.evil.com', '127.0.0.1.evil.com', '1127.0.0.1'])
    assert.ok(!isLoopback(host), host);
});

for (const [text, block] of [
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['10.1.2.3', '10.1.2.3/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['::1', '::1/128'],
  ['2001:db8::/32', '2001:db8::/32'],
  ['::ffff:10.0.0.0/104', '::ffff:10.0.0.0/104'],
] as const) {
  test(`${text} is a block`, () => assert.deepEqual(readBlock(text), { block }));
}

for (const [text, right] of [
  ['10.1.2.3/8', /`10\.0\.0\.0\/8`/],
  ['2001:db8::1/32', /`2001:db8::\/32`/],
  ['10.0.0.0/33', /0 to 32/],
  ['::/129', /0 to 128/],
  ['10.0.0/8', /IPv4 or IPv6/],
  ['010.0.0.1', /IPv4 or IPv6/],
  ['10.0.0.0.0', /IPv4 or IPv6/],
  ['1.2.3.4.', /IPv4 or IPv6/],
  [':::', /IPv4 or IPv6/],
] as const) {
  test(`${text} is no block`, () => assert.match(readBlock(text) as string, right));
}

test('targets', () => {
  const plain = { tls: false, host: '127.0.0.1', port: 7001, basePath: '' };
  assert.deepEqual(readTarget('http://127.0.0.1:7001'), plain);
  assert.deepEqual(readTarget('http://127.0.0.1:7001/'), plain);
  assert.deepEqual(readTarget('https://Orders.internal/base/v1/'), {
    tls: true,
    host: 'orders.internal',
    port: 443,
    basePath: '/base/v1',
  });
  assert.deepEqual(readTarget('http://[::1]:80'), { tls: false, host: '::1', port: 80, basePath: '' });
});

for (const text of [
  '127.0.0.1:7001',
  'localhost:7001',
  'ftp://a',
  'http:a',
  'http://',
  'http://u@a',
  'http://u:p@a',
  'http://a?',
  'http://a/?q',
  'http://a/#f',
  'http://a:0',
  'http://a:70000',
  'http://a/b/../c',
  'http://a/%2e%2e/c',
  'http://a//b',
  'http://a/b;c',
  'http://a\\b',
  'http://a b',
]) {
  test(`PATH-15 ${text} is no target`, () => assert.equal(typeof readTarget(text), 'string'));
}

test('key sets come over https, or from loopback', () => {
  assert.deepEqual(readKeySetUrl('https://a.example/jwks?x=1'), { url: 'https://a.example/jwks?x=1' });
  assert.deepEqual(readKeySetUrl('http://127.0.0.1:9/jwks'), { url: 'http://127.0.0.1:9/jwks' });
  for (const text of [
    'http://a.example/jwks',
    'http://127.0.0.1.evil.com/',
    'file:///etc/jwks',
    'https://u:p@a/',
    'jwks',
    'https://a/#x',
  ]) {
    assert.equal(typeof readKeySetUrl(text), 'string', text);
  }
});
