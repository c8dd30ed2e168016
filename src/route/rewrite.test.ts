import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { normalizePath } from './path.ts';
import { createRewriter, type RewriteOptions } from './rewrite.ts';

function rewritten(options: Partial<RewriteOptions>, path: string): string | undefined {
  return createRewriter({ path: '/*', stripPrefix: undefined, rewrite: undefined, ...options })?.(path);
}

test('a route that changes nothing has no rewriter', () => {
  assert.equal(rewritten({}, '/a'), undefined);
  assert.equal(rewritten({ stripPrefix: '/' }, '/a'), undefined);
  assert.equal(rewritten({ basePath: '/' }, '/a'), undefined);
});

test('PATH-14 a prefix is taken off by whole segments of the normal form', () => {
  const stripPrefix = '/api/v1';
  assert.equal(rewritten({ stripPrefix }, '/api/v1/users'), '/users');
  assert.equal(rewritten({ stripPrefix }, '/api/v1/'), '/');
  assert.equal(rewritten({ stripPrefix }, '/api/v1'), '/');
  assert.equal(rewritten({ stripPrefix }, '/api/v10/users'), '/api/v10/users');
  assert.equal(rewritten({ stripPrefix }, '/other/users'), '/other/users');
  assert.equal(rewritten({ stripPrefix: '/api/v1/' }, '/api/v1/users'), '/users');
  assert.equal(rewritten({ stripPrefix: '/api' }, normalizePath('/%61pi/x') ?? ''), '/x');
});

function to(path: string, rewrite: string): (asked: string) => string | undefined {
  return (asked) => rewritten({ path, rewrite }, asked);
}

test('a rewrite takes the place of the path up to its `*`', () => {
  assert.equal(to('/api/v1/*', '/v2')('/api/v1/users/1'), '/v2/users/1');
  assert.equal(to('/api/v1/*', '/v2/*')('/api/v1/users'), '/v2/users');
  assert.equal(to('/api/v1/*', '/v2/')('/api/v1/'), '/v2/');
  assert.equal(to('/api/v1/*', '/v2')('/api/v1'), '/v2');
  assert.equal(to('/api/v1/*', '/')('/api/v1'), '/');
  assert.equal(to('/api/v1/*', '/')('/api/v1/a'), '/a');
  assert.equal(to('/users/:id/*', '/me')('/users/7/cart'), '/me/cart');
  assert.equal(to('/users/:id', '/me')('/users/7'), '/me');
  assert.equal(to('/health', '/status')('/health'), '/status');
  assert.equal(to('/*', '/all')('/a/b'), '/all/a/b');
});

test('a rewrite beside a stripped prefix takes its place', () => {
  assert.equal(rewritten({ stripPrefix: '/api', rewrite: '/v2' }, '/api/users'), '/v2/users');
  assert.equal(rewritten({ stripPrefix: '/api', rewrite: '/v2' }, '/users'), '/users');
});

test('PATH-15 the base of the target is joined with exactly one slash', () => {
  assert.equal(rewritten({ basePath: '/base' }, '/a'), '/base/a');
  assert.equal(rewritten({ basePath: '/base/' }, '/a'), '/base/a');
  assert.equal(rewritten({ basePath: '/base', stripPrefix: '/a' }, '/a'), '/base');
  assert.equal(rewritten({ basePath: '/base', stripPrefix: '/a' }, '/b'), '/base/b');
  assert.equal(rewritten({ basePath: '/base', rewrite: '/x', path: '/a/*' }, '/a/'), '/base/x/');
  assert.equal(rewritten({ basePath: '/hi/' }, normalizePath('/ho/%2E%2E/hi') ?? ''), '/hi/hi');
});

test('PATH-15 the result is in normal form below the base, whatever is asked', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', '..', '.', '%2e%2e', 'a%20', ''), { maxLength: 6 })
    .map((parts) => normalizePath(`/${parts.join('/')}`))
    .filter((normal) => normal !== undefined);
  const option = fc.constantFrom(undefined, '/', '/a', '/a/b', '/a/');
  fc.assert(
    fc.property(path, option, option, (normal, stripPrefix, rewrite) => {
      const result = rewritten({ stripPrefix, rewrite, basePath: '/base' }, normal) ?? '';
      assert.equal(normalizePath(result), result);
      assert.ok(result === '/base' || result.startsWith('/base/'), result);
    }),
    { numRuns: 2_000 },
  );
});
