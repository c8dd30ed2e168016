import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TokenSource, createTokenFinder, isTokenList } from './token-source.ts';

const BEARER: TokenSource = { in: 'header', name: 'authorization', scheme: 'bearer' };

function find(source: TokenSource, fields: readonly (readonly [string, string])[], query?: string) {
  return createTokenFinder(source)({
    method: 'GET',
    rawPath: '/',
    query,
    host: 'api.example.com',
    names: fields.map(([name]) => name),
    values: fields.map(([, value]) => value),
  });
}

const bearer = (...values: string[]) =>
  find(
    BEARER,
    values.map((value) => ['authorization', value] as const),
  );

const cookie = (...values: string[]) =>
  find(
    { in: 'cookie', name: 'token' },
    values.map((value) => ['cookie', value] as const),
  );

const query = (text: string | undefined) => find({ in: 'query', name: 'token' }, [], text);

test('OA-01 no field, no token', () => {
  assert.equal(bearer(), undefined);
  for (const value of ['', 'Bearer', 'Bearer ']) assert.equal(bearer(value), undefined, value);
});

test('OA-05 two fields are ambiguous, whatever they hold', () => {
  assert.equal(bearer('Bearer a.b.c', 'Bearer a.b.c'), null);
  assert.equal(bearer('Bearer a.b.c', 'Basic eDp5'), null);
});

test('OA-05 a list, or two tokens in one, are told from one bad token', () => {
  for (const text of ['a.b.c, Bearer d.e.f', 'a.b.c,d.e.f', 'a.b.c d.e.f', 'a.b.c\td.e.f', ',a.b.c']) {
    assert.equal(bearer(`Bearer ${text}`), text);
    assert.equal(isTokenList(text), true, text);
  }
  for (const text of ['a.b.c', '', 'a.b.é', '{"payload":"a","signature":"b"}'])
    assert.equal(isTokenList(text), false, text);
});

test('OA-06 another scheme, or none, brings no token', () => {
  for (const value of [
    'Token a.b.c',
    'Basic a.b.c',
    'a.b.c',
    'BearerX a.b.c',
    'Bearera.b.c',
    'Bearer\ta.b.c',
    ' Bearer a',
  ]) {
    assert.equal(bearer(value), undefined, value);
  }
});

test('OA-07 the scheme is compared in any case', () => {
  for (const value of ['Bearer a.b.c', 'bearer a.b.c', 'BEARER a.b.c', 'bEaReR   a.b.c'])
    assert.equal(bearer(value), 'a.b.c', value);
});

test('OA-08 a token elsewhere than configured is not looked at', () => {
  assert.equal(find(BEARER, [['cookie', 'access_token=a.b.c']], 'access_token=a.b.c'), undefined);
  assert.equal(
    find({ in: 'cookie', name: 'access_token' }, [['authorization', 'Bearer a.b.c']], 'access_token=a.b.c'),
    undefined,
  );
  assert.equal(find({ in: 'query', name: 'access_token' }, [['authorization', 'Bearer a.b.c']]), undefined);
});

test('a header without a scheme is the token', () => {
  const source: TokenSource = { in: 'header', name: 'x-token', scheme: undefined };
  assert.equal(find(source, [['x-token', 'a.b.c']]), 'a.b.c');
  assert.equal(
    find(source, [
      ['x-token', 'a.b.c'],
      ['x-token', 'd.e.f'],
    ]),
    null,
  );
});

test('a cookie is found by its exact name, once', () => {
  assert.equal(cookie('a=1; token=a.b.c; z=2'), 'a.b.c');
  assert.equal(cookie('a=1', 'token=a.b.c'), 'a.b.c');
  for (const value of ['Token=a.b.c', 'xtoken=a.b.c', 'tok%65n=a.b.c', 'token', 'token=', 'a=token=a.b.c']) {
    assert.equal(cookie(value), undefined, value);
  }
  for (const value of ['token=a.b.c; token=d.e.f', 'token=a.b.c; token =a.b.c', 'token=; token=a.b.c']) {
    assert.equal(cookie(value), null, value);
  }
  assert.equal(cookie('token=a.b.c', 'token=d.e.f'), null);
});

test('a query parameter is found by its exact name as it came, once', () => {
  assert.equal(query('token=a.b.c'), 'a.b.c');
  assert.equal(query('x=1&token=a.b.c&y=2'), 'a.b.c');
  for (const text of [
    undefined,
    '',
    'token',
    'token=',
    'Token=a.b.c',
    'xtoken=a.b.c',
    'tok%65n=a.b.c',
    'x=token=a.b.c',
  ]) {
    assert.equal(query(text), undefined, text);
  }
  for (const text of ['token=a.b.c&token=d.e.f', 'token=&token=a.b.c']) assert.equal(query(text), null, text);
  assert.equal(query('token=a%2Eb%2Ec'), 'a%2Eb%2Ec');
});
