/**
 * `private_key_jwt` (RFC 7523 §3): a JWT that the client signed for this server
 * alone, good for minutes and for once. The store is asked whether it was used
 * only when everything else holds, so that a stranger cannot make us write.
 */
import { decodeJwt, generateKeyPair, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { ASSERTION_ALGORITHMS } from './client-keys.ts';
import type { Client } from './clients.ts';
import { failed, type OAuthError, unavailable } from './reply.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const MAX_LIFETIME_MS = 5 * 60_000;
const CLOCK_SKEW_MS = 30_000;
const MAX_JTI_CHARS = 256;

export type CheckAssertion = (
  client: Client | undefined,
  proof: { readonly id: string; readonly assertion: string; readonly now: number },
) => Promise<OAuthError | undefined>;

export interface AssertionParts {
  /** What `aud` may say: the issuer or the token endpoint. */
  readonly audiences: readonly string[];
  readonly useAssertion: Store['useAssertion'];
}

/** Whom it speaks of, before anything of it is verified. */
export function subjectOf(assertion: string): string | undefined {
  try {
    const { sub } = decodeJwt(assertion);
    return typeof sub === 'string' && sub !== '' ? sub : undefined;
  } catch {
    return undefined;
  }
}

export function createAssertionCheck({ audiences, useAssertion }: AssertionParts): CheckAssertion {
  // Verified against for whoever has no keys, so that nobody can tell by the time it takes.
  const nobodys = generateKeyPair('ES256').then(({ publicKey }) => publicKey);
  const nobodysKey: JWTVerifyGetKey = () => nobodys;

  return async (client, { id, assertion, now }) => {
    let claims: JWTPayload;
    try {
      const verified = await jwtVerify(assertion, client?.keys ?? nobodysKey, {
        algorithms: ASSERTION_ALGORITHMS,
        issuer: id,
        subject: id,
        requiredClaims: ['exp', 'jti', 'aud'],
        clockTolerance: CLOCK_SKEW_MS / 1000,
        currentDate: new Date(now),
      });
      claims = verified.payload;
    } catch (error) {
      return failed(`assertion: ${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'}`);
    }
    if (client?.keys === undefined) return failed('no such client, or one without keys');
    const fault = faultOf(claims, audiences, now);
    if (fault !== undefined) return failed(`assertion: ${fault}`);
    try {
      const first = await useAssertion(id, claims.jti!, claims.exp! * 1000 + CLOCK_SKEW_MS);
      return first ? undefined : failed('assertion: used before');
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return unavailable('the store is unavailable');
    }
  };
}

function faultOf(claims: JWTPayload, audiences: readonly string[], now: number): string | undefined {
  const { aud, exp, iat, jti } = claims;
  // One that another server may take as well could be replayed there, or come from there.
  const named = typeof aud === 'string' ? [aud] : aud!;
  if (named.length === 0 || !named.every((one) => audiences.includes(one))) return 'for another audience';
  if (exp! * 1000 > now + MAX_LIFETIME_MS + CLOCK_SKEW_MS) return 'good for too long';
  if (iat !== undefined && iat * 1000 > now + CLOCK_SKEW_MS) return 'issued in the future';
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_CHARS) return 'jti';
  return undefined;
}
