import assert from 'node:assert/strict';
import test from 'node:test';
import { isMistyped, makeClientId, makeSecret } from './secret.ts';

test('a secret has a form that scanners find, and no two are the same', () => {
  const secrets = new Set(Array.from({ length: 200 }, makeSecret));
  assert.equal(secrets.size, 200);
  for (const secret of secrets) {
    assert.match(secret, /^gths_[0-9A-Za-z]{49}$/);
    assert.equal(isMistyped(secret), false);
  }
});

test('a secret that lost, changed or swapped a character is known as mistyped', () => {
  const secret = makeSecret();
  const other = secret[9] === 'x' ? 'y' : 'x';
  assert.equal(isMistyped(secret.slice(0, -1)), true);
  assert.equal(isMistyped(`${secret.slice(0, 9)}${other}${secret.slice(10)}`), true);
  assert.equal(isMistyped(`${secret} `), true);
  // Not of our form: nothing is known about it.
  assert.equal(isMistyped('hunter2'), false);
});

test('a client id tells whose it is, and cannot be guessed from that', () => {
  const ids = new Set(Array.from({ length: 200 }, () => makeClientId('billing')));
  assert.equal(ids.size, 200);
  for (const id of ids) assert.match(id, /^billing-[1-9a-z]{10}$/);
});
