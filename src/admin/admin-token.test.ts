import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createAdminTokenCheck } from './admin-token.ts';

const TOKEN = 'a-token-of-this-test-0123456789abcdef';
const check = createAdminTokenCheck(createHash('sha256').update(TOKEN).digest('hex'));

test('the token is good behind its scheme, in any case of that', () => {
  for (const shown of [`Bearer ${TOKEN}`, `bearer   ${TOKEN}`, `BEARER ${TOKEN}`]) assert.equal(check(shown), 'good');
});

test('anything else is bad', () => {
  for (const shown of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${TOKEN}, Bearer ${TOKEN}`,
  ]) {
    assert.equal(check(shown), 'bad', shown);
  }
});

test('without a token none is good', () => {
  const off = createAdminTokenCheck(undefined);
  for (const shown of [undefined, 'Bearer ', `Bearer ${TOKEN}`]) assert.equal(off(shown), 'off');
});
