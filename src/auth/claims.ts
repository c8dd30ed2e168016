/**
 * The claims of a token whose signature fits (RFC 7519 §4.1), checked by our
 * own code because libraries forgive too much. Rules are compiled at plan time.
 * `exp` is always required; times are to the second of `clockSkewMs` and not
 * one more, and the moment of expiry itself is too late.
 */
import type { Refusal } from '../refusal.ts';
import type { Challenges } from './challenge.ts';

export interface ClaimRules {
  readonly issuer: string;
  /** Any one of these must be in `aud`; empty: `aud` is not looked at. */
  readonly audiences: readonly string[];
  readonly requiredClaims: readonly string[];
  readonly clockSkewMs: number;
  readonly maxTokenLifetimeMs: number | undefined;
}

type Claims = Readonly<Record<string, unknown>>;

export type CheckClaims = (claims: Claims, nowMs: number) => Refusal | undefined;

export function createClaimCheck(rules: ClaimRules, challenges: Challenges): CheckClaims {
  const { invalid } = challenges;
  const audiences = new Set(rules.audiences);
  const required = rules.requiredClaims.map((name) => ({ name, refusal: challenges.withoutClaim(name) }));
  const skewMs = rules.clockSkewMs;

  return (claims, nowMs) => {
    if (own(claims, 'iss') !== rules.issuer) return invalid.issuer;
    if (audiences.size > 0 && !isMeantFor(own(claims, 'aud'), audiences)) return invalid.audience;

    const { exp, nbf, iat } = { exp: own(claims, 'exp'), nbf: own(claims, 'nbf'), iat: own(claims, 'iat') };
    // Some issuers write `nbf: 0` for "always"; an `exp` of 0 can only be a mistake.
    if (!isTime(exp) || exp === 0) return invalid.claim;
    if ((nbf !== undefined && !isTime(nbf)) || (iat !== undefined && !isTime(iat))) return invalid.claim;
    if (nowMs >= exp * 1000 + skewMs) return invalid.expired;
    if (nbf !== undefined && nowMs < nbf * 1000 - skewMs) return invalid.not_yet_valid;
    if (iat !== undefined && nowMs < iat * 1000 - skewMs) return invalid.not_yet_valid;
    if (rules.maxTokenLifetimeMs !== undefined) {
      if (iat === undefined || (exp - iat) * 1000 > rules.maxTokenLifetimeMs) return invalid.claim;
    }

    // A token bound to a key is worth nothing without the proof, and the one proof looked at is a client certificate.
    const confirmation = own(claims, 'cnf');
    if (confirmation !== undefined && thumbprintOf(confirmation) === undefined) return invalid.claim;
    const subject = own(claims, 'sub');
    if (subject !== undefined && !isName(subject)) return invalid.claim;
    for (const { name, refusal } of required) if (!isPresent(name, own(claims, name))) return refusal;
    return undefined;
  };
}

const THUMBPRINT = 'x5t#S256';

/** The SHA-256, in hexadecimal, of the certificate that a `cnf` binds a token to (RFC 8705 §3.1); `undefined`: it binds to something else, or more. */
export function thumbprintOf(confirmation: unknown): string | undefined {
  if (typeof confirmation !== 'object' || confirmation === null || Object.keys(confirmation).length !== 1)
    return undefined;
  const { [THUMBPRINT]: thumbprint } = confirmation as { [THUMBPRINT]?: unknown };
  if (typeof thumbprint !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(thumbprint)) return undefined;
  return Buffer.from(thumbprint, 'base64url').toString('hex');
}

function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** `aud` is a string or an array of strings (RFC 7519 §4.1.3); one that is anything else is nobody's. */
function isMeantFor(aud: unknown, audiences: ReadonlySet<string>): boolean {
  if (typeof aud === 'string') return audiences.has(aud);
  if (!Array.isArray(aud) || !aud.every((one) => typeof one === 'string')) return false;
  return aud.some((one: string) => audiences.has(one));
}

/** Claims that name one party: a list or a number in their place is another's name, or none. */
const NAMES = new Set(['iss', 'sub', 'jti', 'client_id', 'azp']);

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/**
 * A required claim must say something: a string that is not empty, a number, or
 * a list that is not empty. `true` and `{…}` are refused: neither names a user or a tenant.
 */
function isPresent(name: string, value: unknown): boolean {
  if (NAMES.has(name)) return isName(value);
  return isName(value) || typeof value === 'number' || (Array.isArray(value) && value.length > 0);
}
