import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { configOf, faultsOf, withRoutes } from '../../test/support/configuration.ts';

const ROUTES = withRoutes('  - { path: /a, upstream: app, kind: public, auth: { issuer: main }, rate_limit: calls }');
const TOKEN = 'a-token-that-a-machine-has-made-of-chance';
const withToken = (token: string): string => `${ROUTES}\nadmin: { token: ${token} }\n`;

test('of the admin token only its SHA-256 is kept; without one there is none', () => {
  const { config } = configOf(withToken('"${TOKEN}"'), { TOKEN });
  assert.equal(config.admin.tokenSha256, createHash('sha256').update(TOKEN).digest('hex'));
  assert.equal(configOf(ROUTES).config.admin.tokenSha256, undefined);
});

for (const [what, token, fault] of [
  ['is written out', TOKEN, /^g\.yaml:10:17: a secret stands in the file for all to read; write `\$\{NAME\}`/],
  ['is short', '"${SHORT}"', /^g\.yaml:10:17: the admin token has 5 characters; make one of at least 32/],
  ['has a space', '"${SPACED}"', /^g\.yaml:10:17: /],
  ['is empty', '"${EMPTY}"', /^g\.yaml:10:17: /],
] as const) {
  test(`an admin token that ${what} is a fault, and is not quoted`, () => {
    const faults = faultsOf(withToken(token), { SHORT: 'short', SPACED: `${TOKEN} x`, EMPTY: '' });
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0]!, fault);
    assert.doesNotMatch(faults[0]!, /made-of-chance/);
  });
}
