import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrincipal } from './principal.ts';

const clientOf = (claims: Record<string, unknown>) => createPrincipal({ iss: 'i', exp: 1, ...claims }).clientId;

test('JWT-33 callers of two issuers, and pairs that only look alike when joined, are counted apart', () => {
  const keys = [
    { iss: 'https://a.example', sub: 'b' },
    { iss: 'https://a.exampleb', sub: 'x' },
    { iss: 'https://a.exampl', sub: 'eb' },
    { iss: 'https://a.example', client_id: 'b' },
    { iss: 'https://a.example' },
    { iss: 'https://b.example', sub: 'b' },
    { iss: 'a', sub: 'bsc' },
    { iss: 'asb', sub: 'c' },
  ].map((claims) => createPrincipal({ ...claims, exp: 1 }).callerKey);
  assert.equal(new Set(keys).size, keys.length);
});

test('the client is client_id, else azp, and only as a text', () => {
  assert.equal(clientOf({ client_id: 'a', azp: 'b' }), 'a');
  assert.equal(clientOf({ azp: 'b' }), 'b');
  assert.equal(clientOf({ client_id: ['a'] }), undefined);
  assert.equal(clientOf({}), undefined);
});
