import assert from 'node:assert/strict';
import test from 'node:test';
import { revocationOf } from '../../test/support/stored.ts';
import { createRevocations } from './revocations.ts';

const iss = 'https://gateway.internal';
const times = { issuedUntil: 10_000, createdAt: 10_000, expiresAt: 20_000 };

test('OA-18 each grain says no to its own and to no other', () => {
  const list = createRevocations();
  list.load(
    [
      revocationOf('billing', times),
      revocationOf('t-1', { ...times, grain: 'token' }),
      revocationOf('alice', { ...times, grain: 'subject', issuer: 'https://other.example' }),
    ],
    10_000,
  );
  assert.equal(list.isRevoked({ iss, client_id: 'billing', iat: 10 }), true);
  assert.equal(list.isRevoked({ iss, azp: 'billing', iat: 10 }), true);
  assert.equal(list.isRevoked({ iss, client_id: 'orders', iat: 10 }), false);
  // A subject, a client and a token of one name are three things, and a subject is one within its issuer.
  assert.equal(list.isRevoked({ iss, sub: 'billing', jti: 'billing', client_id: 't-1', iat: 10 }), false);
  assert.equal(list.isRevoked({ iss, jti: 't-1', iat: 11 }), true);
  assert.equal(list.isRevoked({ iss, sub: 'alice', iat: 10 }), false);
  assert.equal(list.isRevoked({ iss: 'https://other.example', sub: 'alice', iat: 10 }), true);
});

test('OA-18 what was issued later is good, and a token that does not say when is not', () => {
  const list = createRevocations();
  list.load([revocationOf('', { ...times, grain: 'issuer' })], 10_000);
  assert.equal(list.isRevoked({ iss, iat: 10 }), true);
  assert.equal(list.isRevoked({ iss, iat: 10.001 }), false);
  assert.equal(list.isRevoked({ iss, iat: 11 }), false);
  assert.equal(list.isRevoked({ iss }), true);
  assert.equal(list.isRevoked({ iss, iat: '11' }), true);
  assert.equal(list.isRevoked({ iss: 'https://other.example', iat: 10 }), false);
});

test('OA-18 a later end for one client is honoured whatever the wider one says, in either order', () => {
  const wider = revocationOf('', { ...times, grain: 'issuer' });
  const narrower = revocationOf('billing', { ...times, issuedUntil: 15_000 });
  for (const order of [
    [wider, narrower],
    [narrower, wider],
  ]) {
    const list = createRevocations();
    list.load(order, 10_000);
    assert.equal(list.isRevoked({ iss, client_id: 'billing', iat: 15 }), true);
    assert.equal(list.isRevoked({ iss, client_id: 'orders', iat: 15 }), false);
    assert.equal(list.isRevoked({ iss, client_id: 'orders', iat: 10 }), true);
  }
});

test('an earlier end for a client takes nothing from a later one', () => {
  const list = createRevocations();
  list.load([revocationOf('billing', { ...times, issuedUntil: 15_000 }), revocationOf('billing', times)], 10_000);
  assert.equal(list.isRevoked({ iss, client_id: 'billing', iat: 15 }), true);
});

test('entries vanish when the last token they concern has expired', () => {
  const list = createRevocations();
  list.load([revocationOf('billing', times), revocationOf('old', { ...times, expiresAt: 10_000 })], 10_000);
  assert.equal(list.size(), 1);
  list.trim(19_999);
  assert.equal(list.size(), 1);
  list.trim(20_000);
  assert.equal(list.size(), 0);
  assert.equal(list.isRevoked({ iss, client_id: 'billing', iat: 10 }), false);
});

test('names of the prototype revoke nothing', () => {
  const list = createRevocations();
  list.load([revocationOf('billing', times)], 10_000);
  assert.equal(list.isRevoked({ iss, client_id: 'constructor', sub: '__proto__', jti: 'toString', iat: 1 }), false);
  assert.equal(list.isRevoked({ iss: 'constructor', iat: 1 }), false);
});
