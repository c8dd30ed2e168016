import assert from 'node:assert/strict';
import test from 'node:test';
import type { StoredKey } from '../store/store.ts';
import {
  areKeysDue,
  EXPIRY_MARGIN_MS,
  isPublished,
  type KeyMaterial,
  MAX_TOKEN_TTL_MS,
  PUBLISH_AHEAD_MS,
  replaceKeys,
  rotateKeys,
  scheduleKeys,
  signerOf,
} from './key-schedule.ts';

const DAY = 86_400_000;
const rotationMs = 30 * DAY;
const material = (kid: string): KeyMaterial => ({ kid, algorithm: 'ES256', publicJwk: '{}', privateKey: '{}' });
const kids = (keys: readonly StoredKey[]): readonly string[] => keys.map(({ kid }) => kid);

test('the first key signs at once', () => {
  assert.equal(areKeysDue([], 0, rotationMs), true);
  const keys = scheduleKeys([], material('a'), { now: 5, rotationMs });
  assert.equal(signerOf(keys, 5)?.kid, 'a');
  assert.equal(areKeysDue(keys, 5, rotationMs), false);
});

test('the next key is published before it signs, and the one before until its last token has expired', () => {
  const first = scheduleKeys([], material('a'), { now: 0, rotationMs });
  const due = rotationMs - PUBLISH_AHEAD_MS;
  assert.equal(areKeysDue(first, due - 1, rotationMs), false);
  assert.equal(areKeysDue(first, due, rotationMs), true);
  const keys = scheduleKeys(first, material('b'), { now: due, rotationMs });
  assert.deepEqual(kids(keys), ['a', 'b']);
  assert.equal(areKeysDue(keys, due, rotationMs), false);
  assert.ok(keys.every((key) => isPublished(key, due)));
  assert.equal(signerOf(keys, rotationMs - 1)?.kid, 'a');
  assert.equal(signerOf(keys, rotationMs)?.kid, 'b');
  const lastExpiry = rotationMs + MAX_TOKEN_TTL_MS;
  assert.equal(isPublished(keys[0]!, lastExpiry), true);
  const end = lastExpiry + EXPIRY_MARGIN_MS;
  assert.equal(areKeysDue(keys, end, rotationMs), true);
  assert.deepEqual(kids(scheduleKeys(keys, material('c'), { now: end, rotationMs })), ['b']);
});

test('a gateway that slept past its rotation still publishes the next key first', () => {
  const first = scheduleKeys([], material('a'), { now: 0, rotationMs });
  const now = 90 * DAY;
  const keys = scheduleKeys(first, material('b'), { now, rotationMs });
  assert.equal(signerOf(keys, now + PUBLISH_AHEAD_MS - 1)?.kid, 'a');
  assert.equal(signerOf(keys, now + PUBLISH_AHEAD_MS)?.kid, 'b');
});

test('two that rotate at once make one key', () => {
  const first = scheduleKeys([], material('a'), { now: 0, rotationMs });
  const once = rotateKeys(first, material('b'), DAY);
  assert.deepEqual(kids(once), ['a', 'b']);
  assert.deepEqual(kids(rotateKeys(once, material('c'), DAY)), ['a', 'b']);
  const due = { now: rotationMs, rotationMs };
  assert.deepEqual(kids(scheduleKeys(scheduleKeys(first, material('b'), due), material('c'), due)), ['a', 'b']);
  assert.deepEqual(kids(scheduleKeys(scheduleKeys([], material('a'), due), material('b'), due)), ['a']);
});

test('no cache of a key set is as long as a key is published ahead', () => {
  assert.ok(PUBLISH_AHEAD_MS > 15 * 60_000);
});

test('a key in strange hands is published no more', () => {
  assert.deepEqual(kids(replaceKeys(material('b'), 7)), ['b']);
  assert.equal(signerOf(replaceKeys(material('b'), 7), 7)?.kid, 'b');
});
