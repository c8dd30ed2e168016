import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { createPrincipal } from './principal.ts';
import { createTokenCache } from './token-cache.ts';

const NOW = Date.UTC(2026, 0, 1);
const FOREVER = { fromMs: 0, untilMs: Infinity };
const principal = createPrincipal({ iss: 'https://auth.example.com', sub: 'user-1', exp: NOW / 1000 + 300 });

test('a token is found by its whole text, and hits and misses are counted', () => {
  const cache = createTokenCache(createFakeClock(NOW));
  cache.set('a.b.c', 1, principal, FOREVER);
  assert.equal(cache.get('a.b.c', 1), principal);
  for (const other of ['a.b.d', 'a.b.', 'a.b.cc', '']) assert.equal(cache.get(other, 1), undefined);
  assert.deepEqual({ ...cache.stats(), bytes: 0 }, { hits: 1, misses: 4, entries: 1, bytes: 0 });
});

test('JWT-39 tokens that differ only at their beginning are two tokens', () => {
  const cache = createTokenCache(createFakeClock(NOW));
  const tail = 'x'.repeat(600);
  cache.set(`a${tail}`, 1, principal, FOREVER);
  assert.equal(cache.get(`a${tail}`, 1), principal);
  for (const other of [`b${tail}`, tail, `aa${tail}`]) assert.equal(cache.get(other, 1), undefined);
  const second = { ...principal, subject: 'user-2' };
  cache.set(`b${tail}`, 1, second, FOREVER);
  assert.equal(cache.get(`b${tail}`, 1), second);
  assert.equal(cache.get(`a${tail}`, 1), undefined);
});

test('JWT-39 an entry is dead the moment its token is too late, and before it is valid', () => {
  const clock = createFakeClock(NOW);
  const cache = createTokenCache(clock);
  cache.set('t', 1, principal, { fromMs: NOW, untilMs: NOW + 1000 });
  clock.advance(999);
  assert.equal(cache.get('t', 1), principal);
  clock.advance(1);
  assert.equal(cache.get('t', 1), undefined);
  cache.set('u', 1, principal, { fromMs: NOW, untilMs: NOW + 60_000 });
  clock.setWall(NOW - 1);
  assert.equal(cache.get('u', 1), undefined);
  assert.equal(cache.stats().entries, 0);
});

test('an entry is verified again after its time, whatever the wall clock says', () => {
  const clock = createFakeClock(NOW);
  const cache = createTokenCache(clock, { ttlMs: 5000 });
  cache.set('t', 1, principal, FOREVER);
  clock.advance(4999);
  clock.setWall(NOW);
  assert.equal(cache.get('t', 1), principal);
  clock.advance(1);
  assert.equal(cache.get('t', 1), undefined);
});

test('JWT-39 nothing survives a change of the keys', () => {
  const cache = createTokenCache(createFakeClock(NOW));
  cache.set('t', 1, principal, FOREVER);
  assert.equal(cache.get('t', 2), undefined);
  assert.equal(cache.get('t', 1), undefined);
  assert.deepEqual({ entries: cache.stats().entries, bytes: cache.stats().bytes }, { entries: 0, bytes: 0 });
});

test('JWT-41 entries and bytes stay within their bounds, and what is used stays', () => {
  for (const bounds of [{ maxEntries: 100 }, { maxBytes: 100 * 2000 }]) {
    const cache = createTokenCache(createFakeClock(NOW), bounds);
    cache.set('used', 1, principal, FOREVER);
    for (let n = 0; n < 1000; n++) {
      cache.set(`${n}`.padStart(300, 'x'), 1, principal, FOREVER);
      assert.equal(cache.get('used', 1), principal);
    }
    const { entries, bytes } = cache.stats();
    assert.ok(entries > 40 && entries <= 101, String(entries));
    assert.ok(bytes <= 100 * 2000 + 2000, String(bytes));
  }
});

test('a token set twice counts once', () => {
  const cache = createTokenCache(createFakeClock(NOW));
  cache.set('t', 1, principal, FOREVER);
  const { bytes } = cache.stats();
  cache.set('t', 1, principal, FOREVER);
  assert.deepEqual({ ...cache.stats() }, { hits: 0, misses: 0, entries: 1, bytes });
});

test('a token larger than the cache is left out', () => {
  const cache = createTokenCache(createFakeClock(NOW), { maxBytes: 4000 });
  cache.set('x'.repeat(1000), 1, principal, FOREVER);
  assert.equal(cache.stats().entries, 0);
});
