import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createForgedTokens } from './forged-tokens.ts';

test('JWT-41 what was found forged is known again, and only that', () => {
  const forged = createForgedTokens();
  assert.equal(forged.has('a.b.c', 1), false);
  forged.add('a.b.c', 1);
  assert.equal(forged.has('a.b.c', 1), true);
  assert.equal(forged.has('a.b.d', 1), false);
});

test('other keys may find it good', () => {
  const forged = createForgedTokens();
  forged.add('a.b.c', 1);
  assert.equal(forged.has('a.b.c', 2), false);
  assert.equal(forged.has('a.b.c', 1), false);
});

test('JWT-41 a flood of different ones pushes out the oldest, and the latest stay', () => {
  const forged = createForgedTokens();
  for (let at = 0; at < 10_000; at++) forged.add(`token ${at}`, 1);
  let held = 0;
  for (let at = 0; at < 10_000; at++) if (forged.has(`token ${at}`, 1)) held++;
  assert.ok(held > 2048 && held <= 4096, `${held} held`);
  assert.equal(forged.has('token 9999', 1), true);
  assert.equal(forged.has('token 0', 1), false);
});
