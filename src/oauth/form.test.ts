import assert from 'node:assert/strict';
import test from 'node:test';
import { readForm } from './form.ts';
import { OAuthError } from './reply.ts';

const TYPE = 'application/x-www-form-urlencoded';

function read(body: string | Buffer, fields: readonly (readonly [string, string])[] = [['content-type', TYPE]]) {
  const names = fields.map(([name]) => name);
  const values = fields.map(([, value]) => value);
  const request = { method: 'POST', rawPath: '/', query: undefined, host: 'a', names, values };
  return readForm({ request, body: Buffer.from(body) });
}

function errorOf(form: ReturnType<typeof read>): string | undefined {
  return form instanceof OAuthError ? form.code : undefined;
}

test('RFC 6749 appendix B: parameters are decoded once, and an empty one is left out', () => {
  assert.deepEqual(
    read('a=x+y%2B%C3%A9&b=&c&d=1%2525'),
    new Map([
      ['a', 'x y+é'],
      ['d', '1%25'],
    ]),
  );
  assert.deepEqual(read(''), new Map());
  assert.equal(errorOf(read('a=1', [['content-type', `${TYPE}; charset=UTF-8`]])), undefined);
});

for (const [what, body] of [
  ['a parameter that came twice', 'scope=a&scope=b'],
  ['one that came twice, once empty', 'scope=&scope=b'],
  ['one whose name came in two spellings', 'scope=a&%73cope=b'],
  ['a broken escape', 'a=%zz'],
  ['an escape that is no UTF-8', 'a=%ff'],
  ['bytes that are no UTF-8', Buffer.from([0x61, 0x3d, 0xff])],
  ['too many parameters', 'a&'.repeat(40)],
] as const) {
  test(`RFC 6749 §3.2: ${what} is an invalid_request`, () => assert.equal(errorOf(read(body)), 'invalid_request'));
}

for (const [what, fields] of [
  ['no content type', []],
  ['JSON', [['content-type', 'application/json']]],
  [
    'two content types',
    [
      ['content-type', TYPE],
      ['content-type', TYPE],
    ],
  ],
  ['another charset', [['content-type', `${TYPE}; charset=utf-7`]]],
  [
    'a content coding',
    [
      ['content-type', TYPE],
      ['content-encoding', 'gzip'],
    ],
  ],
] as const) {
  test(`RFC 6749 §3.2: ${what} is an invalid_request`, () =>
    assert.equal(errorOf(read('a=1', fields)), 'invalid_request'));
}

test('RFC 8707 §2: more than one resource is an invalid_target', () => {
  assert.equal(errorOf(read('resource=a&resource=b')), 'invalid_target');
});
