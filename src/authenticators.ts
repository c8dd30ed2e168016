/**
 * Who checks tokens, for each set of rules that routes have: made once and
 * shared by all with the same rules, and with the plan before, so that what was
 * fetched and verified outlives a reload. Plan time only.
 */
import { createAuthenticator, type Authenticator, type IssuerAuthenticator } from './auth/authenticate.ts';
import { createIssuerChoice } from './auth/choose-issuer.ts';
import { createBothKinds, createIntrospector } from './auth/introspect.ts';
import { createJwksFetcher } from './auth/jwks-fetch.ts';
import { createKeySet, type FetchKeys, type KeySet, type KeySetOptions } from './auth/keyset.ts';
import { createFormPost } from './auth/post-form.ts';
import { createTokenCache, type TokenCache } from './auth/token-cache.ts';
import type { AuthConfig, Config, IntrospectionConfig, IssuerConfig } from './config/config.ts';
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
  readonly postTo?: typeof createFormPost | undefined;
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
  const { clock, ownIssuer, lease, random, fetchKeys = createJwksFetcher({ clock }), postTo = createFormPost } = world;
  const ownKeys: FetchKeys = async () => ({ keys: ownIssuer?.publicKeys() ?? [], maxAgeMs: undefined });
  const keySets = new Map<string, KeySet>();
  const unstarted: KeySet[] = [];
  const tokenCaches: TokenCache[] = [];

  /** Who shares a key set shares the shortest of the lives they give it. */
  function keySetOptionsOf(jwksUri: string): KeySetOptions {
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
  function shared(key: string, make: (cache: TokenCache) => IssuerAuthenticator, ttlMs?: number): IssuerAuthenticator {
    let authenticator = authenticators.get(key);
    if (authenticator === undefined) {
      const cache = lease.take(key, () => createTokenCache(clock, ttlMs === undefined ? {} : { ttlMs }));
      tokenCaches.push(cache);
      authenticators.set(key, (authenticator = make(cache)));
    }
    return authenticator;
  }

  /** Checks by keys. */
  function signedOf(
    issuer: IssuerConfig,
    jwksUri: string,
    { requiredClaims, source }: AuthConfig,
  ): IssuerAuthenticator {
    const options = keySetOptionsOf(jwksUri);
    const keysKey = `keys ${identityOf([options, jwksUri === SELF && [config.oauth2, config.scopes]])}`;
    // The cache counts the versions of these keys and of no others.
    return shared(`tokens ${identityOf([issuer, requiredClaims, source])} ${keysKey}`, (cache) => {
      const keySet = lease.take(
        keysKey,
        () => makeKeySet(options),
        (made) => made.close(),
      );
      keySets.set(jwksUri, keySet);
      return createAuthenticator({ issuer, requiredClaims, source }, { clock, keySet, cache });
    });
  }

  /** Asks the issuer. */
  function opaqueOf(
    issuer: IssuerConfig,
    introspection: IntrospectionConfig,
    { requiredClaims, source }: AuthConfig,
  ): IssuerAuthenticator {
    const { cacheMs: ttlMs } = introspection;
    const make = (cache: TokenCache) =>
      createIntrospector(
        { issuer, requiredClaims, source, ttlMs },
        { clock, log: world.log, random, post: postTo(introspection, { clock }), cache },
      );
    return shared(`answers ${identityOf([issuer, requiredClaims, source])}`, make, ttlMs);
  }

  function authenticatorFor(issuer: IssuerConfig, auth: AuthConfig): IssuerAuthenticator {
    const { jwksUri, introspection } = issuer;
    const signed = jwksUri === undefined ? undefined : signedOf(issuer, jwksUri, auth);
    const opaque = introspection === undefined ? undefined : opaqueOf(issuer, introspection, auth);
    if (signed !== undefined && opaque !== undefined) return createBothKinds(signed, opaque, auth.source);
    return (signed ?? opaque)!;
  }

  function of(auth: AuthConfig): Authenticator {
    const [first, ...others] = auth.issuers.map((issuer) => ({
      issuer: issuer.issuer,
      authenticator: authenticatorFor(issuer, auth),
      isAsked: issuer.introspection !== undefined,
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
