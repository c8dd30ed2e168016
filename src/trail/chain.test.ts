import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrailEvent } from '../store/store.ts';
import { CHAIN_START, hashOf, storable } from './chain.ts';

const EVENT: TrailEvent = {
  at: 1,
  kind: 'call',
  client: 'a',
  subject: 'b',
  jti: 'c',
  issuer: 'd',
  scopes: ['e'],
  route: 'f',
  method: 'g',
  upstream: 'h',
  status: 200,
  refusal: 'i',
  durationMs: 1.5,
  requestId: 'j',
  traceparent: 'k',
  by: 'l',
  detail: 'm',
};
const { hash: start } = CHAIN_START;

test('every field, the writer, the place and the hash before are in the hash', () => {
  const hashes = new Set([
    hashOf(start, 'w', 1, EVENT),
    hashOf('1'.repeat(64), 'w', 1, EVENT),
    hashOf(start, 'v', 1, EVENT),
    hashOf(start, 'w', 2, EVENT),
    ...Object.keys(EVENT).map((name) => hashOf(start, 'w', 1, { ...EVENT, [name]: undefined })),
    hashOf(start, 'w', 1, { ...EVENT, client: 'b', subject: 'a' }),
    hashOf(start, 'w', 1, { ...EVENT, client: 'a","b' }),
    hashOf(start, 'w', 1, { ...EVENT, scopes: [] }),
    hashOf(start, 'w', 1, { ...EVENT, scopes: ['e', ''] }),
  ]);
  assert.equal(hashes.size, 4 + Object.keys(EVENT).length + 4);
});

test('neither the order of keys nor a key without a value makes a difference', () => {
  const turned = Object.fromEntries(Object.entries(EVENT).toReversed()) as unknown as TrailEvent;
  assert.equal(hashOf(start, 'w', 1, turned), hashOf(start, 'w', 1, EVENT));
  assert.equal(hashOf(start, 'w', 1, { at: 1, kind: 'x', by: undefined }), hashOf(start, 'w', 1, { at: 1, kind: 'x' }));
});

test('what a store would not give back as it was is made so that it does', () => {
  const event = storable({
    at: 1.7,
    kind: 'call',
    client: 'a\0b\uD800',
    scopes: ['x\0'],
    durationMs: Number.NaN,
    status: 200,
    detail: 'd'.repeat(5000),
  });
  assert.equal(event.at, 1);
  assert.equal(event.client, 'a\uFFFDb\uFFFD');
  assert.deepEqual(event.scopes, ['x\uFFFD']);
  assert.equal(event.durationMs, undefined);
  assert.equal(event.detail?.length, 1025);
  assert.equal(storable({ at: 1, kind: 'call', durationMs: 0.123456 }).durationMs, 0.123);
});
