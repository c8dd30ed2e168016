/** What could be changed about a token that was not accepted, and what would be right in its place. */
import type { AuthConfig, IssuerConfig } from '../config/config.ts';
import type { Refusal } from '../refusal.ts';
import type { Attempt } from './attempt.ts';
import { type Change, issuerNames, type ReplaceToken, waitChange } from './change.ts';
import type { Claims } from './throwaway-key.ts';
import { durationText, expiryText, valueText } from './token-text.ts';

export function claimChanges(
  { reason }: Refusal,
  auth: AuthConfig,
  { made, replace }: { readonly made: Attempt; readonly replace: ReplaceToken },
): readonly Change[] {
  const claims = made.shown.claims ?? {};
  const issuer = issuerOf(auth, claims);
  switch (reason) {
    case 'expired':
      return [replace(auth, without(claims, TIMES), `get a newer token: ${expiryText(claims, issuer, made.atMs)}`)];
    case 'not_yet_valid': {
      const from = Math.max(numberIn(claims, 'nbf'), numberIn(claims, 'iat'));
      const waitMs = from * 1000 - issuer.clockSkewMs - made.atMs;
      return [waitChange(waitMs, `wait ${durationText(waitMs)}, until the token is valid`)];
    }
    case 'issuer':
      return [
        replace(
          auth,
          { ...claims, iss: auth.issuers[0]!.issuer },
          `get a token of ${issuerNames(auth)}; this one is of ${valueText(claims.iss)}`,
        ),
      ];
    case 'audience':
      return [
        replace(
          auth,
          { ...claims, aud: issuer.audiences[0] },
          `get a token for the audience ${issuer.audiences.map(valueText).join(' or ')}; this one is for ${valueText(claims.aud)}`,
          'claim',
        ),
      ];
    case 'claim':
      return wrongClaims(claims, auth, issuer).map(([names, text]) =>
        replace(auth, { ...without(claims, names), ...filled(names) }, text, 'claim'),
      );
    case 'inactive':
      return [];
    case 'revoked':
      return [replace(auth, without(claims, ['jti', ...TIMES]), 'get another token: this one was revoked')];
    case 'signature':
    case 'unknown_key':
    case 'algorithm':
    case 'malformed':
      return [
        replace(
          auth,
          claims,
          `get a token that ${issuerNames(auth)} has signed with ${issuer.algorithms.join(' or ')}`,
        ),
      ];
    case undefined:
      break;
  }
  return [];
}

const TIMES = ['exp', 'iat', 'nbf'];
/** What every token gets where it says nothing. */
const USUAL = new Set(['iss', 'aud', 'sub', 'iat', 'exp']);

export function issuerOf({ issuers }: AuthConfig, claims: Claims): IssuerConfig {
  return issuers.find(({ issuer }) => issuer === claims.iss) ?? issuers[0]!;
}

/** Claims that may be at fault, with what to do about them, in the order they are looked at. */
function wrongClaims(
  claims: Claims,
  { requiredClaims }: AuthConfig,
  { maxTokenLifetimeMs }: IssuerConfig,
): readonly (readonly [names: readonly string[], text: string])[] {
  const wrong: (readonly [readonly string[], string])[] = [];
  if (typeof claims.exp !== 'number' || claims.exp <= 0) wrong.push([['exp'], 'get a token with an expiry (`exp`)']);
  for (const name of ['nbf', 'iat']) {
    if (Object.hasOwn(claims, name) && typeof claims[name] !== 'number')
      wrong.push([[name], `get a token whose \`${name}\` is a number`]);
  }
  if (maxTokenLifetimeMs !== undefined) {
    const most = durationText(maxTokenLifetimeMs);
    const lives = durationText((numberIn(claims, 'exp') - numberIn(claims, 'iat')) * 1000);
    if (!Object.hasOwn(claims, 'iat')) wrong.push([['iat', 'exp'], 'get a token that says when it was issued (`iat`)']);
    else wrong.push([['iat', 'exp'], `get a token that lives at most ${most}; this one lives ${lives}`]);
  }
  if (Object.hasOwn(claims, 'cnf'))
    wrong.push([['cnf'], 'show the client certificate that the token is bound to, or get one that is bound to none']);
  for (const name of ['sub', ...requiredClaims]) {
    if (!saysSomething(claims[name])) wrong.push([[name], `get a token with the claim \`${name}\``]);
  }
  return wrong;
}

export function saysSomething(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

function filled(names: readonly string[]): Claims {
  return Object.fromEntries(names.filter((name) => !USUAL.has(name) && !GONE.has(name)).map((name) => [name, 'some']));
}

/** Better left out than filled with anything. */
const GONE = new Set(['cnf', 'nbf']);

function without(claims: Claims, names: readonly string[]): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
}

function numberIn(claims: Claims, name: string): number {
  const value = claims[name];
  return typeof value === 'number' ? value : 0;
}
