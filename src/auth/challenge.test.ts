import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChallenges, quoted } from './challenge.ts';

test('OA-10 what is quoted can neither end its quotes nor begin a line', () => {
  assert.equal(quoted('a"b\\c'), String.raw`"a\"b\\c"`);
  assert.equal(quoted('a\r\nX: é'), '"a??X: ?"');
});

test('OA-10 every challenge is one line of visible ASCII and spaces', () => {
  const { missing, ambiguous, invalid, withoutClaim } = createChallenges('a"b\\c\r\nX: é');
  for (const refusal of [missing, ambiguous, ...Object.values(invalid), withoutClaim('x"\r\ny')]) {
    const [name, value] = refusal.headers[0]!;
    assert.equal(name, 'WWW-Authenticate');
    assert.match(value, /^Bearer (?:, |[a-z_]+="(?:[^"\\\x00-\x1f\x7f-\uffff]|\\.)*")+$/);
  }
});
