/**
 * Tokens that say nothing by themselves: their issuer is asked what they are
 * worth (RFC 7662), and the answer is held to the same rules as a signed token.
 * An answer is kept for a short time, and never past `exp`; the cache is this
 * authenticator's own, so what is found there has passed its rules and no
 * others, and scopes are looked at with every request. A token is asked about
 * once at a time, and so many of them at once and no more: a flood of made-up
 * tokens must not become one at the issuer. A cached token costs one look-up.
 */
import { refuse, type Refusal } from '../refusal.ts';
import type { Request } from '../request.ts';
import type { Clock, Log } from '../world.ts';
import type { IssuerAuthenticator } from './authenticate.ts';
import { createChallenges } from './challenge.ts';
import { type ClaimRules, createClaimCheck } from './claims.ts';
import { MAX_TOKEN_LENGTH } from './compact-jws.ts';
import { createForgedTokens } from './forged-tokens.ts';
import type { PostForm } from './post-form.ts';
import { createPrincipal, type Principal } from './principal.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { TokenCache } from './token-cache.ts';
import { createTokenFinder, isTokenList, type TokenSource } from './token-source.ts';

export interface IntrospectorOptions {
  readonly issuer: Omit<ClaimRules, 'requiredClaims'> & {
    /** The realm of every challenge. */
    readonly name: string;
  };
  readonly requiredClaims: readonly string[];
  readonly source: TokenSource;
  /** How long an answer is good that does not say until when. */
  readonly ttlMs: number;
}

export interface IntrospectorParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly post: PostForm;
  readonly cache: TokenCache;
}

/** RFC 6750 §2.1. What an issuer cannot have given out it is not asked about: its error would count as a failure of its own. */
const TOKEN = /^[\w.~+/-]+=*$/;
/** Questions under way at once. */
const MOST_ASKED = 100;
/** How long a token that is not active is known to be none. */
const INACTIVE_MS = 10_000;
/** Failures in a row after which nobody is asked for a while. */
const MOST_FAILURES = 3;
/** The cache drops everything when keys change, and here there are none. */
const NO_KEYS = 0;

export function createIntrospector(options: IntrospectorOptions, parts: IntrospectorParts): IssuerAuthenticator {
  const { issuer, requiredClaims, source, ttlMs } = options;
  const { clock, log, random, post, cache } = parts;
  const challenges = createChallenges(issuer.name);
  const findToken = createTokenFinder(source);
  const checkClaims = createClaimCheck({ ...issuer, requiredClaims }, challenges);
  const inactive = createForgedTokens();
  const asked = new Map<string, Promise<Principal | Refusal>>();
  let failures = 0;
  let askAgainAt = Number.NEGATIVE_INFINITY;

  const known = (token: string): Principal | undefined => cache.get(token, NO_KEYS);
  /** What was inactive is asked about again in the next of these. */
  const slot = (): number => Math.floor(clock.monotonic() / INACTIVE_MS);

  function authenticateToken(token: string): Refusal | Promise<Principal | Refusal> {
    if (isTokenList(token)) return challenges.ambiguous;
    if (token.length > MAX_TOKEN_LENGTH || !TOKEN.test(token)) return challenges.invalid.malformed;
    if (inactive.has(token, slot())) return challenges.invalid.inactive;
    const under = asked.get(token);
    if (under !== undefined) return under;
    if (asked.size >= MOST_ASKED) return unavailable(1000);
    const waitMs = askAgainAt - clock.monotonic();
    if (waitMs > 0) return unavailable(waitMs);
    const question = ask(token).finally(() => asked.delete(token));
    asked.set(token, question);
    return question;
  }

  async function ask(token: string): Promise<Principal | Refusal> {
    const askedInSlot = slot();
    let members: Readonly<Record<string, unknown>>;
    try {
      ({ members } = await post([
        ['token', token],
        ['token_type_hint', 'access_token'],
      ]));
      failures = 0;
    } catch (error) {
      failures++;
      const pauseMs = failures < MOST_FAILURES ? 0 : retryDelayMs(failures - MOST_FAILURES + 1, random);
      askAgainAt = clock.monotonic() + pauseMs;
      log('warn', 'introspection_failed', { issuer: issuer.name, error: error instanceof Error ? error.message : '' });
      return unavailable(Math.max(1000, pauseMs));
    }
    // RFC 7662 §2.2: a boolean. Whatever else stands there is no yes.
    if (members.active !== true) {
      if (askedInSlot === slot()) inactive.add(token, askedInSlot);
      return challenges.invalid.inactive;
    }
    if (isRefreshToken(members)) return challenges.invalid.claim;
    const now = clock.wall();
    const claims = claimsOf(members, now);
    const refusal = checkClaims(claims, now);
    if (refusal !== undefined) return refusal;
    const principal = createPrincipal(claims);
    cache.set(token, NO_KEYS, principal, { fromMs: Number.NEGATIVE_INFINITY, untilMs: principal.expiresAtMs });
    return principal;
  }

  /** RFC 7662 leaves both out where it likes: whom it was asked of, and until when it holds. */
  function claimsOf(members: Readonly<Record<string, unknown>>, nowMs: number): Readonly<Record<string, unknown>> {
    const { active: _, ...claims } = members;
    return { iss: issuer.issuer, exp: Math.floor((nowMs + ttlMs) / 1000), ...claims };
  }

  return {
    authenticate(request: Request): Principal | Refusal | Promise<Principal | Refusal> {
      const token = findToken(request);
      if (token === undefined) return challenges.missing;
      if (token === null) return challenges.ambiguous;
      return known(token) ?? authenticateToken(token);
    },
    authenticateToken,
    known,
    revoked: challenges.invalid.revoked,
    misbound: challenges.misbound,
  };
}

function unavailable(retryAfterMs: number): Refusal {
  return refuse('keys_unavailable', {
    detail: 'The token cannot be checked, because its issuer cannot be asked.',
    retryAfterMs,
  });
}

/** Long-lived, and for the issuer alone: a service must never be called with one. */
function isRefreshToken({ token_type: type, token_use: use, typ }: Readonly<Record<string, unknown>>): boolean {
  return [type, use, typ].some((value) => typeof value === 'string' && /^refresh/i.test(value));
}

/** Of an issuer that gives out both kinds: what is a JWT by its form is checked by keys, and the rest asked about. */
export function createBothKinds(
  signed: IssuerAuthenticator,
  opaque: IssuerAuthenticator,
  source: TokenSource,
): IssuerAuthenticator {
  const findToken = createTokenFinder(source);
  const known = (token: string): Principal | undefined => signed.known(token) ?? opaque.known(token);
  const authenticateToken = (token: string) => (isJwt(token) ? signed : opaque).authenticateToken(token);
  return {
    ...signed,
    authenticate(request) {
      const token = findToken(request);
      // What to answer to none is the same for both.
      if (typeof token !== 'string') return signed.authenticate(request);
      return known(token) ?? authenticateToken(token);
    },
    authenticateToken,
    known,
  };
}

/** A header is a JSON object, which in base64url begins so. */
function isJwt(token: string): boolean {
  return token.startsWith('ey') && token.split('.', 4).length === 3;
}
