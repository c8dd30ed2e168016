/**
 * What a configuration serves, a value a route: for tools, and for whoever prints it.
 */
import type { AuthConfig, Config, RateLimitConfig, ScopeRule } from './config.ts';
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
    upgrade: route.webSocket === undefined ? [] : ['websocket'],
    streaming: route.streaming,
  }));
}

function authOf({ issuers, requiredClaims, scopes, scopesByMethod }: AuthConfig): RouteSummary['auth'] {
  const rules: readonly (readonly [string, ScopeRule])[] = [...scopesByMethod, ['*', scopes]];
  const written = rules.filter(([, { allOf, anyOf }]) => allOf.length + anyOf.length > 0);
  return {
    issuers: issuers.map(({ name }) => name),
    required_claims: requiredClaims,
    scopes: Object.fromEntries(written.map(([method, { allOf, anyOf }]) => [method, { all_of: allOf, any_of: anyOf }])),
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
