import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf } from '../../test/support/configuration.ts';
import type { Principal } from '../auth/principal.ts';
import { refuse, type TokenFault } from '../refusal.ts';
import type { Refused } from './refusals.ts';
import { whyOf } from './why.ts';

const AT_MS = 1_800_000_000_000;
const AT_S = AT_MS / 1000;
const ROUTE = routeOf(
  'kind: internal, auth: { issuer: main, required_claims: [tenant_id], scopes: { GET: { any_of: [a:read, admin] } } }, rate_limit: { quota: 3/min, by: user }',
);

function refused(more: Partial<Refused> = {}): Refused {
  return {
    requestId: 'id',
    method: 'GET',
    address: '192.0.2.1',
    path: '/a',
    unsigned: undefined,
    atMs: AT_MS,
    refusal: refuse('missing_token'),
    stage: 'authenticate',
    routeName: 'GET /a',
    route: ROUTE,
    principal: undefined,
    config: { file: 'g.yaml', failedAuthentications: undefined },
    ...more,
  };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function facts(reason: TokenFault, claims: object, header: object = { alg: 'ES256', kid: 'k1' }) {
  const unsigned = `${encode(header)}.${encode({ iss: 'https://auth.example.com', ...claims })}`;
  return whyOf(refused({ refusal: refuse('invalid_token', { reason }), unsigned })).token;
}

test('a token that did not come has no facts; the line is that of the route', () => {
  const why = whyOf(refused());
  assert.deepEqual([why.token, why.limit, why.counters], [null, null, null]);
  assert.equal(why.place, `g.yaml:${ROUTE.place.line}:${ROUTE.place.column}`);
  assert.equal(why.time, '2027-01-15T08:00:00.000Z');
});

for (const [reason, claims, wanted] of [
  ['expired', { exp: AT_S - 90 }, [/^it expired 90 s ago, 60 s past the clock skew of 30 s$/]],
  ['not_yet_valid', { nbf: AT_S + 40 }, [/^it begins 40 s later, past the clock skew of 30 s$/]],
  ['issuer', { iss: 'https://other' }, [/^issuer seen: "https:\/\/other"$/, /^wanted: https:\/\/auth\.example\.com$/]],
  ['audience', { aud: ['x', 'y'] }, [/^audience seen: \["x","y"\]$/, /^wanted: api$/]],
  ['algorithm', {}, [/^algorithm seen: "ES256"$/, /^wanted: RS256 or /]],
  ['claim', { exp: AT_S }, [/^claims missing: tenant_id$/]],
  ['unknown_key', {}, [/^key seen: "k1"; the key set of main has none/]],
  ['signature', {}, [/^the signature does not fit the key "k1" of main$/]],
  ['revoked', { jti: 'j1' }, [/its jti is "j1"$/]],
  ['malformed', {}, []],
] as const) {
  test(`${reason}: what was wrong, and what would have been right`, () => {
    const said = facts(reason, claims);
    assert.deepEqual([said?.verified, said?.kid, said?.alg], [false, 'k1', 'ES256']);
    assert.equal(said?.facts.length, wanted.length, said?.facts.join('\n'));
    for (const [at, pattern] of wanted.entries()) assert.match(said.facts[at]!, pattern);
  });
}

test('scopes had and needed are those of the verified token', () => {
  const principal = {
    claims: { iss: 'https://auth.example.com' },
    scopes: new Set(['a:write', 'b']),
    subject: 'user-1',
    clientId: undefined,
  } as unknown as Principal;
  const why = whyOf(refused({ refusal: refuse('insufficient_scope'), stage: 'authorize', principal, method: 'HEAD' }));
  assert.deepEqual(why.token?.facts, ['scopes needed: one of a:read, admin', 'scopes had: a:write b']);
  assert.deepEqual([why.token?.verified, why.caller.subject], [true, 'user-1']);
});

test('the numbers of a limit are those that the caller was told', () => {
  const { name } = ROUTE.rateLimits[0]!;
  const headers = [
    ['RateLimit-Policy', `"${name}";q=3;w=60`],
    ['RateLimit', `"${name}";r=0;t=18`],
  ] as const;
  const refusal = refuse('rate_limited', { limit: name, headers, retryAfterMs: 17_500 });
  const why = whyOf(refused({ refusal, stage: 'limit by caller' }));
  assert.deepEqual(why.counters, { quota: 3, window_s: 60, used: 3, wait_s: 18 });
  assert.deepEqual([why.limit, why.retry_after_s], [name, 18]);
});

test('what looks like a token is never said, wherever a caller put it, and nothing is long', () => {
  const token = `${encode({ alg: 'none' })}.${encode({ sub: 'x' })}.c2lnbmF0dXJl`;
  const why = whyOf(
    refused({
      path: `/a/${token}`,
      refusal: refuse('invalid_token', { reason: 'audience' }),
      unsigned: `${encode({ alg: token, kid: 'x'.repeat(5000) })}.${encode({ iss: token, aud: token })}`,
    }),
  );
  const text = JSON.stringify(why);
  for (const part of [token, ...token.split('.')]) assert.ok(!text.includes(part), part);
  assert.ok(text.length < 1500);
});

test('a claim that is too deep to be written is no fault of whoever asks', () => {
  const depth = 50_000;
  const payload = `{"aud":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const unsigned = `${encode({ alg: 'ES256' })}.${Buffer.from(payload).toString('base64url')}`;
  const why = whyOf(refused({ refusal: refuse('invalid_token', { reason: 'audience' }), unsigned }));
  assert.equal(why.token?.facts[0], 'audience seen: values too deep in one another');
});

test('what is no token though it has two dots has no facts', () => {
  assert.equal(
    whyOf(refused({ refusal: refuse('invalid_token', { reason: 'malformed' }), unsigned: 'a.b' })).token,
    null,
  );
});
