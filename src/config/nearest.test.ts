import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest, suggestion } from './nearest.ts';

const KEYS = ['scopes', 'issuer', 'audience', 'algorithms', 'token_source', 'GET', 'by', 'strip-auth-header'];

for (const [written, meant] of [
  ['scope', 'scopes'],
  ['scpoes', 'scopes'],
  ['Scopes', 'scopes'],
  ['isuer', 'issuer'],
  ['audence', 'audience'],
  ['algoritms', 'algorithms'],
  ['tokensource', 'token_source'],
  ['token-source', 'token_source'],
  ['get', 'GET'],
  ['GTE', 'GET'],
  ['strip_auth_header', 'strip-auth-header'],
  ['x', undefined],
  ['methods', undefined],
  ['', undefined],
  ['a'.repeat(10_000), undefined],
] as const) {
  test(`${written.slice(0, 20)} means ${meant ?? 'none of them'}`, () => assert.equal(nearest(written, KEYS), meant));
}

test('the nearer of two wins, and the first of two as near', () => {
  assert.equal(nearest('orderss', ['order', 'orders']), 'orders');
  assert.equal(nearest('mani', ['main', 'mana']), 'main');
});

test('where nothing is near, all there is gets listed, but not without end', () => {
  assert.equal(suggestion('x', ['alpha', 'beta']), 'known are `alpha`, `beta`');
  assert.equal(suggestion('x', ['alpha']), 'known is `alpha`');
  assert.equal(suggestion('x', []), 'none is defined');
  assert.ok(
    suggestion(
      'x',
      Array.from({ length: 1000 }, (_, at) => `name-${at}`),
    ).length < 400,
  );
});
