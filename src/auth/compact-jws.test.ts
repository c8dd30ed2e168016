import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCompactJws } from './compact-jws.ts';

const RULES = { algorithms: new Set(['RS256']), tokenType: undefined };

function read(header: Record<string, unknown>, payload = '{}') {
  const encode = (text: string) => Buffer.from(text).toString('base64url');
  return readCompactJws(`${encode(JSON.stringify({ alg: 'RS256', ...header }))}.${encode(payload)}.AAAA`, RULES);
}

test('a token is taken apart, and its payload left as bytes', () => {
  assert.deepEqual(read({ kid: 'k' }, 'not JSON'), { alg: 'RS256', kid: 'k', payload: Buffer.from('not JSON') });
  assert.deepEqual(read({}), { alg: 'RS256', kid: undefined, payload: Buffer.from('{}') });
});

test('JWT-15 a kid of more than 256 characters is refused before any look-up', () => {
  assert.equal(typeof read({ kid: 'k'.repeat(256) }), 'object');
  assert.equal(read({ kid: 'k'.repeat(257) }), 'malformed');
});

test('JWT-11 a token of more than 16 KiB is refused, one of just that is read', () => {
  const start = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.e30.`;
  assert.equal(typeof readCompactJws(start.padEnd(16_384, 'A'), RULES), 'object');
  assert.equal(readCompactJws(start.padEnd(16_385, 'A'), RULES), 'malformed');
});

test('JWT-10 one text has one spelling: the tail bits of the last character must be zero', () => {
  const good = Buffer.from('{"alg":"RS256"}').toString('base64url');
  assert.equal(typeof readCompactJws(`${good}.e30.AQ`, RULES), 'object');
  for (const spelling of ['AR', 'AQ=', 'AQ==', 'A', 'A+', 'A Q']) {
    assert.equal(readCompactJws(`${good}.e30.${spelling}`, RULES), 'malformed', spelling);
  }
});
