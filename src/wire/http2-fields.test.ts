import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldMap } from './http2-fields.ts';

const entries = (lines: string) => Object.entries(fieldMap(lines));

test('names become lower-case, and a name that comes again keeps every value in order', () => {
  assert.deepEqual(entries('Set-Cookie: a=1\r\nETag: "x:y"\r\nset-cookie: b=2\r\nSet-Cookie: c=3\r\n'), [
    ['set-cookie', ['a=1', 'b=2', 'c=3']],
    ['etag', '"x:y"'],
  ]);
});

test('no name is special, and a value may be empty', () => {
  assert.deepEqual(entries('__proto__: a\r\nConstructor:\r\nX-Tab:\tb \r\n'), [
    ['__proto__', 'a'],
    ['constructor', ''],
    ['x-tab', 'b'],
  ]);
  assert.deepEqual(entries(''), []);
});
