import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIssuer, base64url } from '../../test/support/issuer.ts';
import { Refusal, refuse } from '../refusal.ts';
import type { Request } from '../request.ts';
import type { IssuerAuthenticator } from './authenticate.ts';
import { createChallenges } from './challenge.ts';
import { createIssuerChoice } from './choose-issuer.ts';
import { createPrincipal, type Principal } from './principal.ts';

const SOURCE = { in: 'header', name: 'authorization', scheme: 'bearer' } as const;

function requestWith(...values: readonly string[]): Request {
  const names = values.map(() => 'authorization');
  return { method: 'GET', rawPath: '/', query: undefined, host: 'a', names, values };
}

/** Two issuers that say which tokens they were asked about. */
function setUp({ isAsked = false } = {}) {
  const asked: string[] = [];
  const known = new Map<string, Principal>();
  const of = (name: string): IssuerAuthenticator => ({
    authenticate: () => assert.fail('the token was found already'),
    authenticateToken(token) {
      asked.push(`${name} ${token}`);
      return refuse('invalid_token', { reason: 'signature' });
    },
    known: (token) => known.get(`${name} ${token}`),
    revoked: createChallenges(name).invalid.revoked,
    misbound: createChallenges(name).misbound,
  });
  const choice = createIssuerChoice(
    [
      { issuer: 'https://one', authenticator: of('one'), isAsked: false },
      { issuer: 'https://two', authenticator: of('two'), isAsked },
    ],
    { source: SOURCE, realm: 'one, two' },
  );
  return { choice, asked, known };
}

const tokenOf = (claims: object | string): string =>
  `${base64url('{}')}.${base64url(typeof claims === 'string' ? claims : JSON.stringify(claims))}.${base64url('x')}`;

test('JWT-31 a token goes to the issuer that its `iss` names, and to no other', async () => {
  const { choice, asked } = setUp();
  for (const [iss, name] of [
    ['https://two', 'two'],
    ['https://one', 'one'],
  ]) {
    const token = tokenOf({ iss });
    await choice.authenticate(requestWith(`Bearer ${token}`));
    assert.deepEqual(asked.splice(0), [`${name} ${token}`]);
  }
});

test('a token of nobody here is refused before any key is looked for', async () => {
  const { choice, asked } = setUp();
  for (const claims of [
    { iss: 'https://three' },
    { iss: 'https://one/' },
    { iss: ['https://one'] },
    { iss: 1 },
    {},
    '{"__proto__":{"iss":"https://one"}}',
  ]) {
    const refusal = await choice.authenticate(requestWith(`Bearer ${tokenOf(claims)}`));
    assert.ok(refusal instanceof Refusal);
    assert.deepEqual([refusal.code, refusal.reason], ['invalid_token', 'issuer']);
    assert.match(refusal.headers[0]![1], /^Bearer realm="one, two", error="invalid_token"/);
  }
  assert.deepEqual(asked, []);
});

test('what is no token is judged as it is where there is one issuer', async () => {
  const { choice, asked } = setUp();
  for (const token of [
    'x',
    'a.b',
    'a.b.c',
    tokenOf('{"iss":"https://one","iss":"https://two"}'),
    `a.${'b'.repeat(20_000)}.c`,
  ]) {
    await choice.authenticate(requestWith(`Bearer ${token}`));
    assert.deepEqual(asked.splice(0), [`one ${token}`]);
  }
  assert.equal(((await choice.authenticate(requestWith())) as Refusal).code, 'missing_token');
  assert.equal(((await choice.authenticate(requestWith('Bearer a', 'Bearer b'))) as Refusal).code, 'malformed_request');
});

test('what is no token is asked about where one of them is asked', async () => {
  const { choice, asked } = setUp({ isAsked: true });
  await choice.authenticate(requestWith('Bearer opaque'));
  await choice.authenticate(requestWith(`Bearer ${tokenOf({ iss: 'https://one' })}`));
  assert.deepEqual(
    asked.map((line) => line.split(' ')[0]),
    ['two', 'one'],
  );
});

test('a token verified before is known without being read', async () => {
  const { choice, asked, known } = setUp();
  const issuer = await createIssuer();
  const principal = createPrincipal(issuer.claims());
  known.set('two x', principal);
  assert.equal(choice.authenticate(requestWith('Bearer x')), principal);
  assert.deepEqual(asked, []);
});
