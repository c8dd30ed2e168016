/**
 * What a configuration serves, a value a route: for tools, and for whoever prints it.
 */
import type { AuthConfig, BreakerConfig, Config, RateLimitConfig, ScopeRule } from './config.ts';
import { formatQuota } from './units.ts';

export interface RouteSummary {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly path: string;
  /** Empty: any. */
  readonly methods: readonly string[];
  readonly kind: string;
  /** `null`: everybody may call. */
  readonly auth: {
    readonly issuers: readonly string[];
    /** Of each issuer. */
    readonly tokens: readonly {
      readonly issuer: string;
      /** Any one must be in `aud`; empty: it is not looked at. */
      readonly audiences: readonly string[];
      /** `exp` is always checked; the longest `exp` less `iat` taken, `null`: any. */
      readonly max_lifetime_ms: number | null;
      readonly key_set_ttl_ms: number;
      readonly clock_skew_ms: number;
    }[];
    readonly required_claims: readonly string[];
    /** From method, or `*` for every one that is not named. */
    readonly scopes: Readonly<
      Record<string, { readonly all_of: readonly string[]; readonly any_of: readonly string[] }>
    >;
  } | null;
  /** Names of which one must be the caller’s, none meaning any; `null`: no certificate is needed. */
  readonly client_certificate: readonly string[] | null;
  readonly rate_limits: readonly {
    readonly name: string;
    readonly by: string;
    /** The one quota, or that of the default plan. */
    readonly quota: string;
    readonly plans: Readonly<Record<string, string>> | null;
    readonly mode: string;
  }[];
  readonly upstream: string;
  /** The origins allowed; `null`: no CORS. */
  readonly cors: readonly string[] | null;
  /** `null`: off. */
  readonly circuit_breaker: {
    readonly failure_rate: number;
    /** `null`: off. */
    readonly consecutive_failures: number | null;
    readonly open_for_ms: number;
  } | null;
  readonly timeouts: {
    readonly connect_ms: number;
    readonly response_ms: number;
    /** `null`: none, the bodies may have no end. */
    readonly total_ms: number | null;
  };
  readonly max_body_bytes: number;
  /** Headers filled from claims; what callers send under these names is taken out on every route. */
  readonly claim_headers: readonly string[];
  /** Whether the token is forwarded. */
  readonly passes_token_on: boolean;
  /** Protocols that callers may switch to. */
  readonly upgrade: readonly string[];
  /** Whether bodies may have no end. */
  readonly streaming: boolean;
}

export function routesSummary(config: Config): readonly RouteSummary[] {
  return config.routes.map((route) => ({
    name: route.name,
    hosts: route.hosts,
    path: route.path,
    methods: route.methods,
    kind: route.kind,
    auth: route.auth === undefined ? null : authOf(route.auth),
    client_certificate: route.clientCertificate ?? null,
    rate_limits: route.rateLimits.map(limitOf),
    upstream: route.upstream.name,
    cors: route.cors?.origins ?? null,
    circuit_breaker: breakerOf(route.upstream.circuitBreaker),
    timeouts: {
      connect_ms: route.upstream.timeouts.connectMs,
      response_ms: route.upstream.timeouts.responseMs,
      total_ms: route.streaming ? null : route.totalMs,
    },
    max_body_bytes: route.maxBodyBytes,
    claim_headers: [...route.plugins.injectClaims, ...route.plugins.injectFromCertificate].map(({ header }) => header),
    passes_token_on: route.auth !== undefined && !route.plugins.stripAuthHeader,
    upgrade: route.webSocket === undefined ? [] : ['websocket'],
    streaming: route.streaming,
  }));
}

function authOf({ issuers, requiredClaims, scopes, scopesByMethod }: AuthConfig): RouteSummary['auth'] {
  const rules: readonly (readonly [string, ScopeRule])[] = [...scopesByMethod, ['*', scopes]];
  const written = rules.filter(([, { allOf, anyOf }]) => allOf.length + anyOf.length > 0);
  return {
    issuers: issuers.map(({ name }) => name),
    tokens: issuers.map((issuer) => ({
      issuer: issuer.name,
      audiences: issuer.audiences,
      max_lifetime_ms: issuer.maxTokenLifetimeMs ?? null,
      key_set_ttl_ms: issuer.jwksTtlMs,
      clock_skew_ms: issuer.clockSkewMs,
    })),
    required_claims: requiredClaims,
    scopes: Object.fromEntries(written.map(([method, { allOf, anyOf }]) => [method, { all_of: allOf, any_of: anyOf }])),
  };
}

function breakerOf(breaker: BreakerConfig | undefined): RouteSummary['circuit_breaker'] {
  if (breaker === undefined) return null;
  const { failureRate, consecutiveFailures, openForMs } = breaker;
  return {
    failure_rate: failureRate,
    consecutive_failures: Number.isFinite(consecutiveFailures) ? consecutiveFailures : null,
    open_for_ms: openForMs,
  };
}

function limitOf({ name, by, quota, plans, mode }: RateLimitConfig): RouteSummary['rate_limits'][number] {
  const quotas = plans && Object.fromEntries([...plans.quotas].map(([plan, one]) => [plan, formatQuota(one)]));
  return {
    name,
    by: by.kind === 'claim' ? `claim:${by.path.join('.')}` : by.kind,
    quota: formatQuota(quota),
    plans: quotas ?? null,
    mode,
  };
}
