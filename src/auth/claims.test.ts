import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChallenges } from './challenge.ts';
import { type ClaimRules, createClaimCheck } from './claims.ts';

const NOW = Date.UTC(2026, 0, 1);
const GOOD = { iss: 'https://auth.example.com', aud: 'orders-api', sub: 'user-1', exp: NOW / 1000 + 300 };
const RULES: ClaimRules = {
  issuer: 'https://auth.example.com',
  audiences: ['orders-api'],
  requiredClaims: [],
  clockSkewMs: 30_000,
  maxTokenLifetimeMs: undefined,
};

/** The reason of the refusal; `undefined`: accepted. `undefined` among the claims takes one away. */
function faultOf(claims: Record<string, unknown>, rules: Partial<ClaimRules> = {}, nowMs = NOW) {
  const all = Object.entries({ ...GOOD, ...claims }).filter(([, value]) => value !== undefined);
  return createClaimCheck({ ...RULES, ...rules }, createChallenges('main'))(Object.fromEntries(all), nowMs)?.reason;
}

const at = (seconds: number) => NOW / 1000 + seconds;

test('claims that meet every rule are accepted', () => assert.equal(faultOf({}), undefined));

test('JWT-27 an exp with a fraction counts to the fraction', () => {
  const exp = at(10.5);
  assert.equal(faultOf({ exp }, { clockSkewMs: 0 }, NOW + 10_499), undefined);
  assert.equal(faultOf({ exp }, { clockSkewMs: 0 }, NOW + 10_500), 'expired');
});

for (const [claims, expected] of [
  [{ exp: at(-29) }, undefined],
  [{ exp: at(-30) }, 'expired'],
  [{ exp: at(-31) }, 'expired'],
  [{ nbf: at(29) }, undefined],
  [{ nbf: at(30) }, undefined],
  [{ nbf: at(31) }, 'not_yet_valid'],
  [{ iat: at(29) }, undefined],
  [{ iat: at(30) }, undefined],
  [{ iat: at(31) }, 'not_yet_valid'],
] as const) {
  const [[name, value]] = Object.entries(claims) as [[string, number]];
  test(`JWT-28 ${name} = now ${value - at(0)} s at a skew of 30 s: ${expected ?? 'accepted'}`, () => {
    assert.equal(faultOf(claims), expected);
  });
}

test('JWT-28 a skew of zero is zero', () => {
  assert.equal(faultOf({ exp: at(5) }, { clockSkewMs: 0 }, NOW + 4999), undefined);
  assert.equal(faultOf({ exp: at(5) }, { clockSkewMs: 0 }, NOW + 5000), 'expired');
  assert.equal(faultOf({ nbf: at(1) }, { clockSkewMs: 0 }), 'not_yet_valid');
  assert.equal(faultOf({ nbf: at(0) }, { clockSkewMs: 0 }), undefined);
});

test('JWT-26 an exp that is no moment is refused, whatever reads the JSON', () => {
  for (const exp of [Infinity, -Infinity, NaN, -1, 0, '1', null, true, [1], {}]) {
    assert.equal(faultOf({ exp }), 'claim', JSON.stringify(exp));
  }
});

test('JWT-29 an nbf or iat of 0 says "always"; an infinite one says nothing', () => {
  assert.equal(faultOf({ nbf: 0, iat: 0 }), undefined);
  assert.equal(faultOf({ nbf: -Infinity }), 'claim');
  assert.equal(faultOf({ iat: Infinity }), 'claim');
});

test('JWT-30 a token that lives longer than the longest is refused, and so is one that does not say', () => {
  const rules = { maxTokenLifetimeMs: 300_000 };
  assert.equal(faultOf({ iat: at(0), exp: at(300) }, rules), undefined);
  assert.equal(faultOf({ iat: at(0), exp: at(301) }, rules), 'claim');
  assert.equal(faultOf({ iat: at(-1), exp: at(300) }, rules), 'claim');
  assert.equal(faultOf({ exp: at(10) }, rules), 'claim');
});

test('JWT-32 one of several audiences is enough on either side', () => {
  const rules = { audiences: ['orders-api', 'shop-api'] };
  for (const aud of ['orders-api', 'shop-api', ['x', 'shop-api'], ['orders-api']])
    assert.equal(faultOf({ aud }, rules), undefined);
  for (const aud of [['x', 'y'], ['orders-api', 1], [['orders-api']]])
    assert.equal(faultOf({ aud }, rules), 'audience');
  assert.equal(faultOf({ aud: undefined }, { audiences: [] }), undefined);
});

test('JWT-35 a required claim may be a text, a number or a list', () => {
  const rules = { requiredClaims: ['roles'] };
  for (const roles of ['admin', 7, 0, ['admin']]) assert.equal(faultOf({ roles }, rules), undefined);
  for (const roles of [undefined, null, '', [], {}, { admin: 1 }, true, false])
    assert.equal(faultOf({ roles }, rules), 'claim');
  for (const inherited of ['constructor', 'toString', '__proto__']) {
    assert.equal(faultOf({}, { requiredClaims: [inherited] }), 'claim');
  }
});

test('JWT-35 a required claim that names one party must be a text', () => {
  for (const name of ['jti', 'client_id', 'azp']) {
    assert.equal(faultOf({ [name]: 'one' }, { requiredClaims: [name] }), undefined);
    for (const value of [['one'], 1]) assert.equal(faultOf({ [name]: value }, { requiredClaims: [name] }), 'claim');
  }
});

test('JWT-35 a sub that names nobody is refused even where none is required', () => {
  for (const sub of [null, '', [], {}, true, 5]) assert.equal(faultOf({ sub }), 'claim');
  assert.equal(faultOf({ sub: undefined }), undefined);
});

test('JWT-35 the refusal names the claim that the configuration asks for', () => {
  const check = createClaimCheck({ ...RULES, requiredClaims: ['tenant_id'] }, createChallenges('main'));
  assert.match(check(GOOD, NOW)!.detail!, /'tenant_id'/);
});

test('JWT-42 a token bound to a key in any way is refused', () => {
  for (const cnf of [{ jkt: 'x' }, { 'x5t#S256': 'x' }, { jwk: {} }, {}, null]) assert.equal(faultOf({ cnf }), 'claim');
});
