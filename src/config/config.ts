/**
 * The checked, frozen configuration: what is left of the YAML text once every
 * fault has been looked for. References are resolved to the objects they name,
 * defaults are filled in, durations are milliseconds, sizes are bytes. Nothing
 * downstream of this page looks anything up by name.
 */
import type { Certificate } from '../certificate.ts';
import type { PolicyTest } from './resolve-tests.ts';

/** Where something stands in the file; lines and columns count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface ListenAddress {
  readonly host: string;
  /** 0 lets the system choose one. */
  readonly port: number;
}

export interface Config {
  readonly file: string;
  readonly listen: ListenAddress;
  /** Absent: plain HTTP. */
  readonly tls: EdgeTlsConfig | undefined;
  /** Where plain HTTP is told to come again over TLS. */
  readonly redirect: ListenAddress | undefined;
  readonly http2: Http2Config;
  readonly admin: AdminConfig;
  /** CIDR blocks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** How many leading bits of an IPv6 address make one caller. */
  readonly ipv6Prefix: number;
  readonly limits: WireLimits;
  readonly timeouts: WireTimeouts;
  readonly drain: DrainConfig;
  readonly overload: OverloadConfig;
  readonly issuers: readonly IssuerConfig[];
  readonly upstreams: readonly UpstreamConfig[];
  /** The embedded authorization server; absent when off. */
  readonly oauth2: OAuth2Config | undefined;
  /** Every scope there is, with its description; absent where none are declared. */
  readonly scopes: ReadonlyMap<string, string> | undefined;
  readonly rateLimits: readonly RateLimitConfig[];
  /** Counts failed authentications by address on every route that has `auth`; absent when off. */
  readonly failedAuthentications: RateLimitConfig | undefined;
  /** The most callers counted at once, in each limit. */
  readonly maxCallers: number;
  readonly routes: readonly RouteConfig[];
  readonly tests: readonly PolicyTest[];
  readonly log: LogConfig;
}

export interface AdminConfig {
  readonly listen: ListenAddress;
  /** Of what a caller must show to change anything, in hexadecimal; absent: nothing can be changed. */
  readonly tokenSha256: string | undefined;
}

/** Past what new work is refused. */
export interface OverloadConfig {
  readonly eventLoopDelayMs: number;
  /** Of the heap, 0 to 1. */
  readonly memory: number;
}

/** Which routes are refused last when there is too much to do; operations never are. */
export type RoutePriority = 'low' | 'normal' | 'high';

/** What becomes of callers when the gateway stops. */
export interface DrainConfig {
  /** How long it goes on accepting while it says that it is not ready. */
  readonly delayMs: number;
  /** How long requests under way may take then. */
  readonly timeoutMs: number;
}

export interface Http2Config {
  /** Whether it is offered in a TLS handshake. */
  readonly tls: boolean;
  /** Whether it is taken without TLS from callers who begin with it. */
  readonly cleartext: boolean;
  /** The most streams at once on one connection. */
  readonly streams: number;
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** What callers meet. */
export interface EdgeTlsConfig {
  /** The first serves whoever asks for no name, or for one that none has. */
  readonly certificates: readonly CertificateConfig[];
  readonly minVersion: TlsVersion;
  /** Absent: callers are not asked for a certificate. */
  readonly clientCertificates: ClientCertificatesConfig | undefined;
}

export interface ClientCertificatesConfig extends AuthoritiesConfig {
  /** Whether a caller without one is turned away. */
  readonly required: boolean;
}

/** Those who may have signed somebody's certificate. The file is looked at again while the gateway runs. */
export interface AuthoritiesConfig {
  /** PEM. */
  readonly pem: string;
  /** Absolute. */
  readonly file: string;
}

/** A certificate and where it came from: the files are looked at again while the gateway runs. */
export interface CertificateConfig extends Certificate {
  /** Absolute. */
  readonly certFile: string;
  /** Absolute. */
  readonly keyFile: string;
}

/** Sizes and counts the downstream side keeps to. */
export interface WireLimits {
  readonly maxConnections: number;
  /** Of these, from one address that is no trusted proxy's. */
  readonly maxPerAddress: number;
  readonly requestLineBytes: number;
  /** The whole head, request line included. */
  readonly headBytes: number;
  readonly headFields: number;
  /** The default of `RouteConfig.maxBodyBytes`. */
  readonly bodyBytes: number;
}

export interface WireTimeouts {
  /** From the first byte of a head to its end. */
  readonly headMs: number;
  /** Between two reads of a body, and between two writes that the caller takes. */
  readonly bodyMs: number;
  /** A connection with no request on it. */
  readonly idleMs: number;
  /** From the head of a request to the end of its reply. */
  readonly totalMs: number;
}

export interface LogConfig {
  /** Where access lines go: `stdout`, `stderr`, `off`, or a file's path. */
  readonly access: string;
  /** The least level of the operator's log that is printed. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Query parameters whose values are logged as `***`. */
  readonly sensitiveQuery: readonly string[];
}

export interface IssuerConfig {
  /** The name in `issuers`, or the issuer itself where a route wrote it out. Issuers with the same `jwks_uri` share a key set. */
  readonly name: string;
  readonly issuer: string;
  /** Absent: its tokens are asked about, whatever their form. */
  readonly jwksUri: string | undefined;
  /** Absent: what is no JWT is none of its tokens. */
  readonly introspection: IntrospectionConfig | undefined;
  /** Any one of these must be in `aud`. Empty: `aud` is not looked at (the check warns). */
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly clockSkewMs: number;
  readonly jwksTtlMs: number;
  /** How long a last good set serves when the issuer cannot be reached. */
  readonly jwksMaxStaleMs: number;
  /** The longest `exp - iat` accepted, if there is a longest. */
  readonly maxTokenLifetimeMs: number | undefined;
  /** What `typ` must be, lower-case and without `application/`; `undefined`: `jwt`, `at+jwt` or absent. */
  readonly tokenType: string | undefined;
  readonly place: Place;
}

/** Where an issuer is asked about its tokens. */
export interface IntrospectionConfig extends ClientAuthenticationConfig {
  /** How long an answer is kept, at the most. */
  readonly cacheMs: number;
}

export interface OAuth2Config {
  readonly issuer: string;
  /** `sqlite:` and an absolute path, or `postgres://…`. */
  readonly store: string;
  readonly audience: string;
  readonly tokenTtlMs: number;
  readonly keyRotationMs: number;
  /** Encrypts the signing keys in the store. */
  readonly keyPassphrase: string | undefined;
  /** How long an old secret goes on after a rotation. */
  readonly secretOverlapMs: number;
  /** Calls of its endpoints. */
  readonly limit: RateLimitConfig;
  readonly clients: readonly StaticClientConfig[];
  readonly trail: { readonly maxAgeMs: number; readonly maxRecords: number };
}

/** A client that stands in the file; it proves itself by a secret or by keys. */
export interface StaticClientConfig {
  readonly id: string;
  readonly secretSha256: string | undefined;
  /** The text of a JWK set. */
  readonly jwks: string | undefined;
  readonly scopes: readonly string[];
  /** Empty: the audience of the server. */
  readonly audiences: readonly string[];
  readonly tokenTtlMs: number | undefined;
}

/** Where the token stands in a request. */
export type TokenSource =
  | {
      readonly in: 'header';
      /** Lower-case. */ readonly name: string;
      /** Lower-case; `undefined`: the whole value is the token. */ readonly scheme: string | undefined;
    }
  | { readonly in: 'cookie'; readonly name: string }
  | { readonly in: 'query'; readonly name: string };

/** Scopes a request needs: every one of `allOf`, and one of `anyOf` if it is not empty. */
export interface ScopeRule {
  readonly allOf: readonly string[];
  readonly anyOf: readonly string[];
}

export interface AuthConfig {
  /** At least one; a token is of the one that its `iss` names. */
  readonly issuers: readonly IssuerConfig[];
  readonly requiredClaims: readonly string[];
  readonly source: TokenSource;
  /** For methods that `scopesByMethod` does not name. */
  readonly scopes: ScopeRule;
  readonly scopesByMethod: ReadonlyMap<string, ScopeRule>;
}

export interface UpstreamConfig {
  readonly name: string;
  readonly targets: readonly TargetConfig[];
  readonly balance: BalanceConfig;
  readonly timeouts: { readonly connectMs: number; readonly responseMs: number; readonly idleMs: number };
  /** How long an unused connection is kept. */
  readonly keepAliveMs: number;
  /** The most connections to one target. */
  readonly maxConnections: number;
  readonly concurrency: ConcurrencyConfig;
  readonly retry: RetryConfig;
  /** How long a target that came back takes to get its whole share. */
  readonly rampUpMs: number;
  /** While a smaller share of the targets is available, all get requests; 0: never. */
  readonly panicBelow: number;
  readonly circuitBreaker: BreakerConfig | undefined;
  /** Absent: targets are not checked, but by the requests that they get. */
  readonly healthCheck: HealthCheckConfig | undefined;
  /** For targets with TLS. */
  readonly tls: UpstreamTlsConfig | undefined;
  /** What the gateway shows of itself in each request; absent: nothing, and the caller's own `Authorization` goes through. */
  readonly clientCredentials: ClientCredentialsConfig | undefined;
  readonly place: Place;
}

/** The gateway as a client of another authorization server. */
export interface ClientAuthenticationConfig {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly authMethod: 'client_secret_basic' | 'client_secret_post';
}

/** What it asks a token endpoint for. */
export interface ClientCredentialsConfig extends ClientAuthenticationConfig {
  readonly scopes: readonly string[];
  readonly audience: string | undefined;
  /** RFC 8707. */
  readonly resources: readonly string[];
}

export interface ConcurrencyConfig {
  /** Requests at once, over all targets. */
  readonly max: number;
  readonly queueSize: number;
  readonly queueMs: number;
  readonly adaptive: boolean;
}

/** After what a request may be sent again. */
export type RetryAfter = 'connect' | 'reset' | 'timeout';

export interface RetryConfig {
  /** After the first. */
  readonly attempts: number;
  readonly after: readonly RetryAfter[];
  readonly statuses: readonly number[];
  /** The share of requests that may be sent again, 0 to 1. */
  readonly budget: number;
  /** The longest pause before the same target is asked again. */
  readonly backoffMs: number;
}

export interface UpstreamTlsConfig {
  /** Who may have signed the service's certificate; `undefined`: whom Node trusts. */
  readonly ca: AuthoritiesConfig | undefined;
  /** What the gateway shows of itself. */
  readonly certificate: CertificateConfig | undefined;
  /** Asked for, and looked for in the certificate, in place of the target's host. */
  readonly serverName: string | undefined;
  /** False: anybody can pose as the service. */
  readonly verify: boolean;
}

export interface TargetConfig {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  /** The target's own path, put before every request's; `''` or `/base` without a slash at its end. */
  readonly basePath: string;
  /** How many requests it gets, beside the weights of the others. */
  readonly weight: number;
}

export type BalanceConfig =
  | { readonly strategy: 'round_robin' | 'least_requests' }
  | { readonly strategy: 'consistent_hash'; readonly by: HashedBy };

/** What of a request decides its target. */
export type HashedBy =
  | { readonly kind: 'address' }
  /** Lower-case. */
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'claim'; readonly path: readonly string[] };

export interface BreakerConfig {
  /** 0 to 1. */
  readonly failureRate: number;
  readonly minimumRequests: number;
  /** Infinite: off. */
  readonly consecutiveFailures: number;
  /** Infinite: off. */
  readonly slowCallMs: number;
  /** 0 to 1. */
  readonly slowCallRate: number;
  readonly failureStatuses: readonly number[];
  readonly windowMs: number;
  readonly openForMs: number;
  readonly maxOpenForMs: number;
  readonly probes: number;
}

export interface HealthCheckConfig {
  /** Asked for below the target's own path. */
  readonly path: string;
  /** Statuses that are good, from the first to the last. */
  readonly statuses: readonly [first: number, last: number];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Good checks in a row that bring a target back. */
  readonly healthy: number;
  /** Bad checks in a row that take it out. */
  readonly unhealthy: number;
}

export interface Quota {
  readonly requests: number;
  readonly windowMs: number;
}

export type CountedBy =
  | { readonly kind: 'address' | 'user' | 'client' }
  | { readonly kind: 'claim'; readonly path: readonly string[] };

export interface RateLimitConfig {
  /** The name in `rate_limits`, or one made from the route where it was written out or came with the `kind`. */
  readonly name: string;
  readonly by: CountedBy;
  /** The one quota, or the quota of the default plan. */
  readonly quota: Quota;
  /** Present when the quota depends on a claim of the principal. */
  readonly plans: { readonly claim: readonly string[]; readonly quotas: ReadonlyMap<string, Quota> } | undefined;
  /** `observe` counts and reports, and refuses nobody. */
  readonly mode: 'enforce' | 'observe';
  readonly subWindows: number;
  readonly place: Place;
}

export interface CorsConfig {
  /** Exact origins, `*`, or a pattern whose `*` stands for whole labels: `https://*.example.com`. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Request headers allowed; lower-case. */
  readonly headers: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeMs: number;
}

export type RouteKind = 'authentication' | 'public' | 'internal' | 'operations';

export interface RouteConfig {
  /** What the access log, the metrics and messages call it: its `name`, or its methods, hosts and path. */
  readonly name: string;
  /** `/api/v1/*`, `/users/:id`, `/health`; in normal form. */
  readonly path: string;
  /** Lower-case; exact, or `*.example.com`. Empty: any host. */
  readonly hosts: readonly string[];
  /** Upper-case. Empty: any method. */
  readonly methods: readonly string[];
  readonly kind: RouteKind;
  readonly priority: RoutePriority;
  readonly upstream: UpstreamConfig;
  readonly auth: AuthConfig | undefined;
  /** Names of which a client certificate must have one (empty: any verified one will do); absent where none is needed. */
  readonly clientCertificate: readonly string[] | undefined;
  readonly rateLimits: readonly RateLimitConfig[];
  readonly cors: CorsConfig | undefined;
  readonly maxBodyBytes: number;
  /** From the head of a request to the end of its reply; the default is `timeouts.total`. */
  readonly totalMs: number;
  /** Bodies may have no end: there is no total time limit. */
  readonly streaming: boolean;
  /** Absent: `Upgrade` is dropped, and the request is one like any other. */
  readonly webSocket: WebSocketConfig | undefined;
  /** Taken off the front of the path before forwarding; whole segments. */
  readonly stripPrefix: string | undefined;
  /** Put in the place of `path` (up to its `*`) before forwarding. */
  readonly rewrite: string | undefined;
  readonly plugins: PluginConfig;
  readonly place: Place;
}

export interface WebSocketConfig {
  /** How long nothing may come from either side. */
  readonly idleMs: number;
  /** Whether it ends with the caller's token. */
  readonly closeOnExpiry: boolean;
}

export interface PluginConfig {
  readonly stripAuthHeader: boolean;
  readonly injectClaims: readonly InjectedClaim[];
  /** The same, of the client certificate. */
  readonly injectFromCertificate: readonly InjectedClaim[];
  readonly setHeaders: SetHeadersConfig;
  /** Blocks of addresses that may call; absent: all. */
  readonly ipAllow: readonly string[] | undefined;
  readonly mockResponse: MockResponseConfig | undefined;
}

/** Given in the place of the service's. */
export interface MockResponseConfig {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface SetHeadersConfig {
  readonly request: HeaderEdits;
  readonly reply: HeaderEdits;
}

/** The same for every message. */
export interface HeaderEdits {
  /** Names of fields that are taken out, as written. */
  readonly drop: readonly string[];
  /** Fields that are put in after that. */
  readonly lines: readonly (readonly [name: string, value: string])[];
}

export interface InjectedClaim {
  readonly header: string;
  readonly claim: readonly string[];
}
