/**
 * A route that takes tokens of several issuers. Which one a token is of is told
 * by its `iss`, read before anything is verified and believed for nothing else:
 * that issuer's own keys and rules then decide, and its trouble is not the
 * others'. A token seen before costs one look-up for each issuer; a new one is
 * decoded once more.
 */
import type { Refusal } from '../refusal.ts';
import type { Request } from '../request.ts';
import type { Authenticator, IssuerAuthenticator } from './authenticate.ts';
import { createChallenges } from './challenge.ts';
import { decodeBase64url, MAX_TOKEN_LENGTH } from './compact-jws.ts';
import type { Principal } from './principal.ts';
import { readJsonObject } from './strict-json.ts';
import { createTokenFinder, type TokenSource } from './token-source.ts';

export interface Choice {
  /** `iss`. */
  readonly issuer: string;
  readonly authenticator: IssuerAuthenticator;
  /** Its tokens may be no JWTs. One at the most. */
  readonly isAsked: boolean;
}

export function createIssuerChoice(
  choices: readonly Choice[],
  { source, realm }: { readonly source: TokenSource; readonly realm: string },
): Authenticator {
  const challenges = createChallenges(realm);
  const findToken = createTokenFinder(source);
  const all = choices.map(({ authenticator }) => authenticator);
  // What is no token of anybody's is told so by any of them.
  const forOpaque = choices.find(({ isAsked }) => isAsked)?.authenticator ?? all[0]!;
  const byIssuer = new Map(choices.map(({ issuer, authenticator }) => [issuer, authenticator]));

  return {
    authenticate(request: Request): Principal | Refusal | Promise<Principal | Refusal> {
      const token = findToken(request);
      if (token === undefined) return challenges.missing;
      if (token === null) return challenges.ambiguous;
      for (const one of all) {
        const known = one.known(token);
        if (known !== undefined) return known;
      }
      const claims = unverifiedClaims(token);
      if (claims === undefined) return forOpaque.authenticateToken(token);
      const { iss } = claims;
      const chosen = Object.hasOwn(claims, 'iss') && typeof iss === 'string' ? byIssuer.get(iss) : undefined;
      return chosen === undefined ? challenges.invalid.issuer : chosen.authenticateToken(token);
    },
    revoked: challenges.invalid.revoked,
    misbound: challenges.misbound,
  };
}

function unverifiedClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 1 || second === -1) return undefined;
  const payload = decodeBase64url(token.slice(first + 1, second));
  return payload && readJsonObject(payload);
}
