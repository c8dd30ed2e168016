import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthorizer, readScopes } from './scopes.ts';

const NONE = { allOf: [], anyOf: [] };

function authorizer(scopes: { allOf?: string[]; anyOf?: string[] }, byMethod: Record<string, string[]> = {}) {
  const authorize = createAuthorizer(
    {
      scopes: { ...NONE, ...scopes },
      scopesByMethod: new Map(Object.entries(byMethod).map(([method, allOf]) => [method, { ...NONE, allOf }])),
    },
    'main',
  );
  return (held: string[], method = 'GET') => authorize({ scopes: new Set(held) }, method);
}

test('OA-03 a missing scope is named, and the challenge lists all that are needed', () => {
  const authorize = authorizer({ allOf: ['orders:read', 'orders:list'] });
  assert.equal(authorize(['orders:read', 'orders:list', 'more']), undefined);
  const refusal = authorize(['orders:read'])!;
  assert.equal(refusal.code, 'insufficient_scope');
  assert.equal(refusal.status, 403);
  assert.match(refusal.detail!, /"orders:list"/);
  assert.deepEqual(refusal.headers, [
    ['WWW-Authenticate', 'Bearer realm="main", error="insufficient_scope", scope="orders:read orders:list"'],
  ]);
});

test('any of the scopes is enough where any_of says so', () => {
  const authorize = authorizer({ anyOf: ['a', 'b'] });
  assert.equal(authorize(['b']), undefined);
  assert.match(authorize(['c'])!.detail!, /a, b/);
  const both = authorizer({ allOf: ['x'], anyOf: ['a', 'b'] });
  assert.equal(both(['x', 'a']), undefined);
  assert.equal(both(['a'])!.code, 'insufficient_scope');
  assert.equal(both(['x'])!.code, 'insufficient_scope');
});

test('a method has its own scopes, and those it does not name have the others', () => {
  const authorize = authorizer({ allOf: ['any'] }, { POST: ['write'] });
  assert.equal(authorize(['write'], 'POST'), undefined);
  assert.equal(authorize(['any'], 'POST')!.code, 'insufficient_scope');
  assert.equal(authorize(['any'], 'DELETE'), undefined);
});

test('HEAD needs what GET needs', () => {
  const authorize = authorizer({}, { GET: ['read'] });
  assert.equal(authorize([], 'HEAD')!.code, 'insufficient_scope');
  assert.equal(authorize(['read'], 'HEAD'), undefined);
  assert.equal(authorizer({}, { GET: ['read'], HEAD: [] })([], 'HEAD'), undefined);
});

for (const [what, claims, expected] of [
  ['one word', { scope: 'a' }, ['a']],
  ['words', { scope: 'orders:read orders:write' }, ['orders:read', 'orders:write']],
  ['a scp string', { scp: 'a b' }, ['a', 'b']],
  ['a scp list', { scp: ['a', 'b'] }, ['a', 'b']],
  ['scope before scp', { scope: 'a', scp: ['b'] }, ['a']],
  ['a comma list, which is one word', { scope: 'a,b' }, ['a,b']],
  ['other case', { scope: 'A' }, ['A']],
  ['a tab', { scope: 'a\tb' }, []],
  ['a newline', { scope: 'a\nb' }, []],
  ['two spaces', { scope: 'a  b' }, []],
  ['a leading space', { scope: ' a' }, []],
  ['a trailing space', { scope: 'a ' }, []],
  ['a quote', { scope: 'a"b' }, []],
  ['not ASCII', { scope: 'é' }, []],
  ['empty', { scope: '' }, []],
  ['a list in scope', { scope: ['a'] }, []],
  ['an object', { scope: { a: true } }, []],
  ['null beside scp', { scope: null, scp: ['a'] }, []],
  ['missing', {}, []],
  ['a scp list with a number', { scp: ['a', 1] }, []],
  ['a scp list with two words in one', { scp: ['a b'] }, []],
] as const) {
  test(`OA-04 scopes from ${what}`, () => assert.deepEqual([...readScopes(claims)], expected));
}

test('OA-04 part of a scope is not the scope', () => {
  const authorize = authorizer({ allOf: ['orders:read'] });
  for (const held of ['orders', 'orders:readwrite', 'Orders:Read', 'orders:read,orders:write']) {
    assert.equal(authorize([held])!.code, 'insufficient_scope', held);
  }
});
