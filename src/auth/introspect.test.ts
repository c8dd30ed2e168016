import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../test/support/clock.ts';
import { Refusal } from '../refusal.ts';
import type { IssuerAuthenticator } from './authenticate.ts';
import { createBothKinds, createIntrospector } from './introspect.ts';
import type { FormAnswer } from './post-form.ts';
import type { Principal } from './principal.ts';
import { createTokenCache } from './token-cache.ts';

const ISSUER = {
  name: 'main',
  issuer: 'https://auth.example',
  audiences: ['orders'],
  clockSkewMs: 30_000,
  maxTokenLifetimeMs: undefined,
};
const SOURCE = { in: 'header', name: 'authorization', scheme: 'bearer' } as const;
type Answer = Readonly<Record<string, unknown>>;

function setUp(
  answer: (token: string) => Answer | Promise<Answer>,
  more: { ttlMs?: number; audiences?: string[] } = {},
) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const post = async (fields: readonly (readonly [string, string])[]): Promise<FormAnswer> => {
    const token = fields.find(([name]) => name === 'token')![1];
    asked.push(token);
    return { members: await answer(token), bytes: 100 };
  };
  const { ttlMs = 30_000, audiences = ISSUER.audiences } = more;
  const introspector = createIntrospector(
    { issuer: { ...ISSUER, audiences }, requiredClaims: ['tenant'], source: SOURCE, ttlMs },
    { clock, log: () => {}, random: () => 0, post, cache: createTokenCache(clock, { ttlMs }) },
  );
  const seconds = () => Math.floor(clock.wall() / 1000);
  const check = async (token: string): Promise<Principal | Refusal> =>
    introspector.known(token) ?? (await introspector.authenticateToken(token));
  return { clock, asked, introspector, seconds, check };
}

const GOOD = { active: true, aud: 'orders', sub: 'u1', tenant: 't1', scope: 'a b' };

function codeOf(outcome: Principal | Refusal): string {
  return outcome instanceof Refusal ? `${outcome.code} ${outcome.reason ?? ''}`.trim() : 'principal';
}

for (const [members, code] of [
  [{ ...GOOD, active: false }, 'invalid_token inactive'],
  [{ aud: 'orders', sub: 'u1', tenant: 't1' }, 'invalid_token inactive'],
  [{ ...GOOD, active: 'true' }, 'invalid_token inactive'],
  [{ ...GOOD, active: 1 }, 'invalid_token inactive'],
  [{ ...GOOD, token_type: 'refresh_token' }, 'invalid_token claim'],
  [{ ...GOOD, token_use: 'refresh' }, 'invalid_token claim'],
  [{ ...GOOD, typ: 'Refresh' }, 'invalid_token claim'],
  [{ ...GOOD, iss: 'https://other.example' }, 'invalid_token issuer'],
  [{ ...GOOD, aud: 'billing' }, 'invalid_token audience'],
  [{ ...GOOD, aud: undefined }, 'invalid_token audience'],
  [{ ...GOOD, tenant: '' }, 'invalid_token claim'],
  [{ ...GOOD, exp: 1 }, 'invalid_token expired'],
  [{ ...GOOD, exp: 'soon' }, 'invalid_token claim'],
  [GOOD, 'principal'],
] as const) {
  test(`OA-16 OA-17 ${JSON.stringify(members)} is ${code}`, async () => {
    assert.equal(codeOf(await setUp(() => members).check('t')), code);
  });
}

test('OA-16 a server that fails is no yes and no no: 503, and after three failures it is left alone for a while', async () => {
  let fails = true;
  const { clock, asked, check } = setUp(() => (fails ? Promise.reject(new Error('status 500')) : GOOD));
  for (let at = 0; at < 5; at++) {
    // eslint-disable-next-line no-await-in-loop -- one after another
    const outcome = await check('t');
    assert.equal(codeOf(outcome), 'keys_unavailable');
    assert.ok(outcome instanceof Refusal && outcome.headers.some(([name]) => name === 'Retry-After'));
  }
  assert.equal(asked.length, 3);
  fails = false;
  clock.advance(1000);
  assert.equal(codeOf(await check('t')), 'principal');
});

test('what can be no token is not asked about, so that nobody can make the endpoint fail with it', async () => {
  const { asked, check } = setUp(() => GOOD);
  for (const token of ['a b', 'a"b', 'a=b', '%00', 'x'.repeat(20_000)]) {
    // eslint-disable-next-line no-await-in-loop -- one after another
    assert.match(codeOf(await check(token)), /^(?:invalid_token malformed|malformed_request)$/, token.slice(0, 20));
  }
  assert.deepEqual(asked, []);
});

test('OA-17 an answer is kept for its time, never past `exp`, and then asked for again', async () => {
  const { clock, asked, seconds, check } = setUp(() => ({ ...GOOD, exp: end }));
  let end = seconds() + 3600;
  for (let at = 0; at < 3; at++) await check('long');
  assert.equal(asked.length, 1);
  clock.advance(30_000);
  await check('long');
  assert.equal(asked.length, 2);
  end = seconds() + 10;
  await check('short');
  clock.advance(10_000);
  await check('short');
  assert.equal(asked.filter((token) => token === 'short').length, 2);
});

test('OA-17 what one policy accepted another looks at for itself', async () => {
  const orders = setUp(() => GOOD);
  const billing = setUp(() => GOOD, { audiences: ['billing'] });
  assert.equal(codeOf(await orders.check('t')), 'principal');
  assert.equal(codeOf(await billing.check('t')), 'invalid_token audience');
});

test('OA-05 two tokens in one are 400, and nobody is asked about them', async () => {
  const { asked, check } = setUp(() => GOOD);
  const outcome = await check('one, Bearer two');
  assert.ok(outcome instanceof Refusal && outcome.code === 'malformed_request');
  assert.equal(asked.length, 0);
});

test('a token that is not active is asked about once in ten seconds', async () => {
  const { clock, asked, check } = setUp(() => ({ active: false }));
  for (let at = 0; at < 5; at++) await check('t');
  assert.equal(asked.length, 1);
  clock.advance(10_000);
  await check('t');
  assert.equal(asked.length, 2);
});

test('a token is asked about once at a time, and a flood of others is no flood at the issuer', async () => {
  let answer: (members: Answer) => void = () => {};
  const held = new Promise<Answer>((resolve) => (answer = resolve));
  const { asked, check } = setUp(() => held);
  const same = Array.from({ length: 50 }, () => check('t'));
  assert.equal(asked.length, 1);
  const others = Array.from({ length: 500 }, (_, at) => check(`other-${at}`));
  assert.equal(asked.length, 100);
  answer(GOOD);
  assert.deepEqual(new Set((await Promise.all(same)).map(codeOf)), new Set(['principal']));
  const codes = (await Promise.all(others)).map(codeOf);
  assert.equal(codes.filter((code) => code === 'keys_unavailable').length, 401);
});

test('of an issuer of both kinds a JWT is checked by its keys, and the rest asked about', () => {
  const of = (name: string, out: string[]): IssuerAuthenticator => ({
    ...setUp(() => GOOD).introspector,
    known: () => undefined,
    authenticateToken(token) {
      out.push(`${name} ${token}`);
      return Promise.reject(new Error('not waited for')).catch(() => setUp(() => GOOD).check('t'));
    },
  });
  const out: string[] = [];
  const both = createBothKinds(of('signed', out), of('opaque', out), SOURCE);
  for (const token of ['eyJhbGciOiJSUzI1NiJ9.e30.c2ln', 'opaque-token', 'two.dots.here', 'ey']) {
    void both.authenticateToken(token);
  }
  assert.deepEqual(out, [
    'signed eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
    'opaque opaque-token',
    'opaque two.dots.here',
    'opaque ey',
  ]);
});
