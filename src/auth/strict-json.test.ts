import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readJsonObject } from './strict-json.ts';

const read = (text: string) => readJsonObject(Buffer.from(text));
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test('plain objects are read as JSON.parse reads them', () => {
  for (const text of [
    '{}',
    ' { "a" : [ 1 , -2.5e3 , true , null , "x\\"y\\\\" , { "a" : { } } ] , "b" : "{\\"a\\":1,\\"a\\":2}" } ',
    '{"a":9007199254740991,"b":-9007199254740991,"c":1e-400,"d":0.1}',
    '{"\\u0061":1,"b":"\\ud83e\\udd8a"}',
    '{"a":{"x":1},"b":{"x":1},"x":[{"x":1},{"x":1}]}',
  ]) {
    assert.deepEqual(read(text), JSON.parse(text), text);
  }
});

test('JWT-22 a member given twice is refused at every level', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '{"\\u0061":1,"a":1}',
    '{"x":{"a":1,"b":{},"a":1}}',
    '{"x":[1,{"a":[],"a":1}]}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a\\"":1,"a\\u0022":2}',
  ]) {
    assert.equal(read(text), undefined, text);
  }
});

test('JWT-26 a number that a double cannot hold is refused', () => {
  for (const number of ['1e400', '-1e400', '1e16', '9007199254740992', '-9007199254740993', '12345678901234567890']) {
    assert.equal(read(`{"a":[${number}]}`), undefined, number);
  }
});

test('JWT-23 anything but one object in strict UTF-8 is refused', () => {
  for (const text of [
    '',
    '[]',
    'null',
    '"a"',
    '1',
    '{}{}',
    '{"a":1,}',
    "{'a':1}",
    '{"a":"\\ud800"}',
    '{"\\udc00":1}',
    '\ufeff{}',
  ]) {
    assert.equal(read(text), undefined, text);
  }
  assert.equal(readJsonObject(Buffer.from('{"a":"\u00ff"}', 'latin1')), undefined);
});

test('JWT-24 nesting is bounded, and __proto__ is a member like others', () => {
  assert.notEqual(read(nested(32)), undefined);
  assert.equal(read(nested(33)), undefined);
  assert.equal(read(`{"a":${'['.repeat(16_000)}${']'.repeat(16_000)}}`), undefined);
  const value = read('{"__proto__":{"admin":true}}')!;
  assert.equal(value.admin, undefined);
  assert.equal(({} as Record<string, unknown>).admin, undefined);
});

test('JWT-23 any object that JSON.stringify writes is read back', () => {
  const leaf = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean(), fc.constant(null));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie('tree')),
      fc.dictionary(fc.string(), tie('tree'), { noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const text = JSON.stringify({ value }, null, 1);
      assert.deepEqual(read(text), JSON.parse(text));
    }),
    { numRuns: 2000, seed: 1 },
  );
});
