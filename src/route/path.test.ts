import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { normalizePath } from './path.ts';

function becomes(pairs: readonly (readonly [raw: string, normal: string])[]): void {
  for (const [raw, normal] of pairs) assert.equal(normalizePath(raw), normal, raw);
}

function refuses(paths: readonly string[]): void {
  for (const path of paths) assert.equal(normalizePath(path), undefined, JSON.stringify(path));
}

test('a path in normal form comes back as it is', () => {
  for (const path of [
    '/',
    '/a',
    '/a/',
    '/.well-known/x',
    '/a.b/..c/...',
    "/a!$&'()*+,=:@-_~",
    '/%20%C3%A9%F0%9F%98%80',
  ]) {
    assert.equal(normalizePath(path), path);
  }
});

test('PATH-01 dot segments are resolved', () => {
  becomes([
    ['/public/../api/v1/admin', '/api/v1/admin'],
    ['/./a/./b', '/a/b'],
    ['/a/.', '/a/'],
    ['/a/b/..', '/a/'],
    ['/a/..', '/'],
    ['/a/b/../../c', '/c'],
  ]);
});

test('PATH-02 escaped dots are dots, and other unreserved escapes are decoded', () => {
  becomes([
    ['/a/%2e%2e/b', '/b'],
    ['/a/.%2E/b', '/b'],
    ['/a/%2e./b', '/b'],
    ['/%2E/b', '/b'],
    ['/%61%5f%7E%2d%30', '/a_~-0'],
    ['/%c3%a9', '/%C3%A9'],
    ['/%21%3a', '/%21%3A'],
  ]);
});

test('PATH-03 escaped slashes and backslashes are refused', () => {
  refuses(['/a%2fb', '/a%2Fb', '/a%5cb', '/a%5Cb', '/a\\b', '/..%2f', '/%2e%2e%2fx']);
});

test('PATH-04 an escaped percent sign is refused', () => {
  refuses(['/%252e%252e/', '/%25', '/a%2500']);
});

test('PATH-05 empty segments are refused', () => {
  refuses(['//', '///', '/a//b', '//a', '/a//', '/a//../b', '/a/.//b', '/%2e//a']);
});

test('PATH-06 a semicolon is refused, plain or escaped', () => {
  refuses(['/a;x=1', '/..;/b', '/.;/b', '/;', '/..%3b/b', '/a%3Bx']);
});

test('PATH-07 overlong, cut and impossible UTF-8 and bad escapes are refused', () => {
  refuses(['/%c0%ae', '/%C1%81', '/%e0%80%af', '/%ed%a0%80', '/%f0%80%80%af', '/%f4%90%80%80', '/%f5%80%80%80']);
  refuses(['/%c3', '/%c3a', '/%c3/%a9', '/%e2%82', '/%e2%82x', '/%80', '/%bf', '/%ff']);
  refuses(['/%u002e', '/%zz', '/%', '/%2', '/%2g', '/%g2', '/% 2', '/%+2', '/%-1']);
});

test('PATH-08 controls, raw non-ASCII and characters outside pchar are refused', () => {
  refuses([
    '/%00',
    '/%0a',
    '/%0d',
    '/%09',
    '/%1f',
    '/%7f',
    '/\0',
    '/\n',
    '/a\r',
    '/\x7f',
    '/é',
    '/ÿ',
    '/\u012f',
    '/\u{1f600}',
  ]);
  refuses(['/a b', '/"', '/<', '/>', '/^', '/`', '/{', '/|', '/}', '/[', '/]', '/?']);
});

test('PATH-09 a path that climbs above the root is refused', () => {
  refuses(['/..', '/../x', '/a/../..', '/a/../../a', '/%2e%2e', '/./..']);
});

test('PATH-10 case is kept', () => {
  becomes([['/API/V1/Admin', '/API/V1/Admin']]);
});

test('PATH-12 a fragment is refused', () => {
  refuses(['/a#b', '/#', '#']);
});

test('a path that does not begin with a slash is refused', () => {
  refuses(['', '*', 'a', 'a/b', '.', '%2f', 'http://a/']);
});

const PIECES = '/ / . .. a B % %2e %2E %2f %5C %25 %41 %c3%a9 %C3 %20 %21 ; : \\ \0 é - %00 %7e'.split(' ');

const hostilePath = fc.array(fc.constantFrom(' ', ...PIECES), { maxLength: 12 }).map((parts) => `/${parts.join('')}`);

test('PATH-23 the normal form is a fixed point that holds nothing left to resolve', () => {
  fc.assert(
    fc.property(hostilePath, (raw) => {
      const normal = normalizePath(raw);
      if (normal === undefined) return;
      assert.equal(normalizePath(normal), normal);
      assert.match(normal, /^\/(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%[0-9A-F]{2})*$/);
      assert.doesNotMatch(normal, /\/\/|\/\.\.?(?:\/|$)|%(?:2F|5C|25|3B|[01][0-9A-F]|7F|2D|2E|5F|7E|3[0-9]|4[1-9A-F])/);
      assert.ok(decodeURIComponent(normal).startsWith('/'));
    }),
    { numRuns: 20_000 },
  );
});

test('PATH-23 a path the WHATWG parser resolves the same way, or is refused', () => {
  fc.assert(
    fc.property(hostilePath, (raw) => {
      const normal = normalizePath(raw);
      if (normal === undefined) return;
      // The browser's parser resolves dots, escaped ones too, but decodes nothing else.
      assert.equal(decodeURIComponent(new URL(`http://h${raw}`).pathname), decodeURIComponent(normal));
    }),
    { numRuns: 5_000 },
  );
});
