/**
 * Who checks tokens, for each set of rules that routes have: made once and
 * shared by all with the same rules, and with the plan before, so that what was
 * fetched and verified outlives a reload. Plan time only.
 */
import { createAuthenticator, type Authenticator, type IssuerAuthenticator } from './auth/authenticate.ts';
import { createIssuerChoice } from './auth/choose-issuer.ts';
import { createJwksFetcher } from './auth/jwks-fetch.ts';
import { createKeySet, type FetchKeys, type KeySet, type KeySetOptions } from './auth/keyset.ts';
import { createTokenCache, type TokenCache } from './auth/token-cache.ts';
import type { AuthConfig, Config, IssuerConfig } from './config/config.ts';
import { identityOf } from './config/identity.ts';
import { SELF } from './config/resolve-oauth2.ts';
import type { OwnIssuer } from './issuer/own-issuer.ts';
import type { Lease } from './running/keep.ts';
import type { World } from './world.ts';

export interface AuthenticatorsParts extends World {
  readonly ownIssuer?: OwnIssuer | undefined;
  readonly lease: Lease;
  readonly random: () => number;
  readonly fetchKeys?: FetchKeys | undefined;
}

export interface Authenticators {
  of(auth: AuthConfig): Authenticator;
  /** By `jwks_uri`. */
  readonly keySets: ReadonlyMap<string, KeySet>;
  readonly tokenCaches: readonly TokenCache[];
  /** Begins to fetch the keys that no plan had before. */
  start(): void;
}

/** What challenges call the place that a token is for. */
export function realmOf({ issuers }: AuthConfig): string {
  return issuers.map(({ name }) => name).join(', ');
}

export function createAuthenticators(config: Config, world: AuthenticatorsParts): Authenticators {
  const { clock, ownIssuer, lease, random, fetchKeys = createJwksFetcher({ clock }) } = world;
  const ownKeys: FetchKeys = async () => ({ keys: ownIssuer?.publicKeys() ?? [], maxAgeMs: undefined });
  const keySets = new Map<string, KeySet>();
  const unstarted: KeySet[] = [];
  const tokenCaches: TokenCache[] = [];

  /** Who shares a key set shares the shortest of the lives they give it. */
  function keySetOptionsOf({ jwksUri }: IssuerConfig): KeySetOptions {
    const sharers = config.routes.flatMap(({ auth }) => auth?.issuers.filter((one) => one.jwksUri === jwksUri) ?? []);
    return {
      jwksUri,
      ttlMs: Math.min(...sharers.map(({ jwksTtlMs }) => jwksTtlMs)),
      maxStaleMs: Math.min(...sharers.map(({ jwksMaxStaleMs }) => jwksMaxStaleMs)),
    };
  }

  function makeKeySet(options: KeySetOptions): KeySet {
    const isOwn = options.jwksUri === SELF && ownIssuer !== undefined;
    const keySet = createKeySet(options, { ...world, random, fetchKeys: isOwn ? ownKeys : fetchKeys });
    if (isOwn) ownIssuer.whenKeysChange(keySet.refresh);
    unstarted.push(keySet);
    return keySet;
  }

  /** Routes that ask the same of a token share what was verified, whatever scopes each wants. */
  const authenticators = new Map<string, IssuerAuthenticator>();
  function authenticatorFor(issuer: IssuerConfig, { requiredClaims, source }: AuthConfig): IssuerAuthenticator {
    const options = keySetOptionsOf(issuer);
    const keysKey = `keys ${identityOf([options, options.jwksUri === SELF && [config.oauth2, config.scopes]])}`;
    // The cache counts the versions of these keys and of no others.
    const key = `tokens ${identityOf([issuer, requiredClaims, source])} ${keysKey}`;
    let authenticator = authenticators.get(key);
    if (authenticator === undefined) {
      const keySet = lease.take(
        keysKey,
        () => makeKeySet(options),
        (made) => made.close(),
      );
      keySets.set(options.jwksUri, keySet);
      const cache = lease.take(key, () => createTokenCache(clock));
      tokenCaches.push(cache);
      authenticator = createAuthenticator({ issuer, requiredClaims, source }, { clock, keySet, cache });
      authenticators.set(key, authenticator);
    }
    return authenticator;
  }

  function of(auth: AuthConfig): Authenticator {
    const [first, ...others] = auth.issuers.map((issuer) => ({
      issuer: issuer.issuer,
      authenticator: authenticatorFor(issuer, auth),
    }));
    if (others.length === 0) return first!.authenticator;
    return createIssuerChoice([first!, ...others], { source: auth.source, realm: realmOf(auth) });
  }

  return {
    of,
    keySets,
    tokenCaches,
    start() {
      for (const keySet of unstarted) keySet.start();
    },
  };
}
