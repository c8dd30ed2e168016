/**
 * Request → principal: finds the token, then the key, then checks the signature
 * and the claims. Everything about the route is compiled when the
 * authenticator is made. A token seen before is answered at once; a new one is
 * verified on the thread pool, so that a flood of bad tokens cannot hold up
 * the event loop.
 */
import { type CryptoKey, compactVerify, errors } from 'jose';
import { Refusal, type TokenFault, refuse } from '../refusal.ts';
import type { Request } from '../request.ts';
import type { Clock } from '../world.ts';
import { createChallenges } from './challenge.ts';
import { type ClaimRules, createClaimCheck } from './claims.ts';
import { type CompactJws, readCompactJws } from './compact-jws.ts';
import { createForgedTokens } from './forged-tokens.ts';
import type { KeyAnswer, KeySet } from './keyset.ts';
import { type Principal, createPrincipal } from './principal.ts';
import { readJsonObject } from './strict-json.ts';
import type { TokenCache, Validity } from './token-cache.ts';
import { type TokenSource, createTokenFinder, isTokenList } from './token-source.ts';

export interface AuthenticatorOptions {
  readonly issuer: Omit<ClaimRules, 'requiredClaims'> & {
    /** The realm of every challenge. */
    readonly name: string;
    readonly algorithms: readonly string[];
    readonly tokenType: string | undefined;
  };
  readonly requiredClaims: readonly string[];
  readonly source: TokenSource;
}

export interface AuthenticatorParts {
  readonly clock: Clock;
  readonly keySet: Pick<KeySet, 'keyFor' | 'version' | 'retryAfterMs'>;
  readonly cache?: TokenCache;
}

export interface Authenticator {
  /** At once for a cached token and for most refusals; a promise where a signature or a key must be waited for. */
  readonly authenticate: (request: Request) => Principal | Refusal | Promise<Principal | Refusal>;
  /** The answer to a verified token that has been revoked. */
  readonly revoked: Refusal;
  /** The answer to a verified token whose client certificate was not shown. */
  readonly misbound: Refusal;
}

/** Of the tokens of one issuer. */
export interface IssuerAuthenticator extends Authenticator {
  /** As `authenticate`, for a token that was found already. */
  readonly authenticateToken: (token: string) => Principal | Refusal | Promise<Principal | Refusal>;
  /** Who it is that a token verified before speaks for. */
  readonly known: (token: string) => Principal | undefined;
}

export function createAuthenticator(options: AuthenticatorOptions, parts: AuthenticatorParts): IssuerAuthenticator {
  const { issuer } = options;
  const { clock, keySet, cache } = parts;
  const challenges = createChallenges(issuer.name);
  const forged = createForgedTokens();
  const findToken = createTokenFinder(options.source);
  const headerRules = { algorithms: new Set(issuer.algorithms), tokenType: issuer.tokenType };
  const checkClaims = createClaimCheck({ ...issuer, requiredClaims: options.requiredClaims }, challenges);

  function authenticate(request: Request): Principal | Refusal | Promise<Principal | Refusal> {
    const token = findToken(request);
    if (token === undefined) return challenges.missing;
    if (token === null) return challenges.ambiguous;
    return known(token) ?? authenticateToken(token);
  }

  function known(token: string): Principal | undefined {
    return cache?.get(token, keySet.version());
  }

  function authenticateToken(token: string): Refusal | Promise<Principal | Refusal> {
    const version = keySet.version();
    const jws = readCompactJws(token, headerRules);
    if (jws === 'malformed' && isTokenList(token)) return challenges.ambiguous;
    if (typeof jws === 'string') return challenges.invalid[jws];
    // A signature is the dear part: a token that is over is not worth one, whoever signed it.
    const claims = readJsonObject(jws.payload);
    if (claims !== undefined && isOver(claims, clock.wall() - issuer.clockSkewMs)) return challenges.invalid.expired;
    if (forged.has(token, version)) return challenges.invalid.signature;
    const key = keySet.keyFor(jws.kid, jws.alg);
    if (typeof key === 'string') return withoutKey(key);
    return verify(token, jws, { key, version, claims });
  }

  /** `version` is what the keys had when this key was asked for. */
  async function verify(
    token: string,
    jws: CompactJws,
    {
      key,
      version,
      claims,
    }: {
      readonly key: KeyAnswer | Promise<KeyAnswer>;
      readonly version: number;
      readonly claims: ReturnType<typeof readJsonObject>;
    },
  ): Promise<Principal | Refusal> {
    const found = await key;
    if (typeof found === 'string') return withoutKey(found);
    if (!(await isSignedBy(found, token, jws.alg))) {
      if (version === keySet.version()) forged.add(token, version);
      return challenges.invalid.signature;
    }
    if (claims === undefined) return challenges.invalid.malformed;
    const refusal = checkClaims(claims, clock.wall());
    if (refusal !== undefined) return refusal;
    const principal = createPrincipal(claims);
    // If the set changed meanwhile, this key may have left it: the next request verifies again.
    if (version === keySet.version()) cache?.set(token, version, principal, validityOf(claims, issuer.clockSkewMs));
    return principal;
  }

  function withoutKey(answer: 'unavailable' | TokenFault): Refusal {
    if (answer !== 'unavailable') return challenges.invalid[answer];
    return refuse('keys_unavailable', {
      detail: "The token cannot be checked, because its issuer's keys cannot be had.",
      retryAfterMs: keySet.retryAfterMs(),
    });
  }

  return { authenticate, authenticateToken, known, revoked: challenges.invalid.revoked, misbound: challenges.misbound };
}

/** `alg` was checked against the configuration and the key; the library is told, so that it cannot choose. */
async function isSignedBy(key: CryptoKey, token: string, alg: string): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [alg] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

function isOver(claims: Readonly<Record<string, unknown>>, nowMs: number): boolean {
  const exp = Object.hasOwn(claims, 'exp') ? claims.exp : undefined;
  return typeof exp === 'number' && exp > 0 && exp * 1000 <= nowMs;
}

function validityOf(claims: Readonly<Record<string, unknown>>, skewMs: number): Validity {
  const { exp, nbf = 0, iat = 0 } = claims as { exp: number; nbf?: number; iat?: number };
  return { fromMs: Math.max(nbf, iat) * 1000 - skewMs, untilMs: exp * 1000 + skewMs };
}
