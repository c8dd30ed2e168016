/**
 * The configuration language: every key, its form, its default and what it is
 * for. The JSON Schema for editors and the reference come from here. What one
 * key cannot know of another is checked by the `resolve-*` files.
 */
import * as z from 'zod';
import { choice, count, duration, list, map, named, rate, ratio, size, text } from './scalars.ts';

export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** What RFC 8725 has nothing against; `RS384` and the longer ones must be asked for, so that a key is bound to few. */
export const DEFAULT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;

/** The methods there are (RFC 9110 §9, RFC 5789, RFC 4918), but for CONNECT and TRACE, which are never served. */
export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'QUERY',
  'REPORT',
  'SEARCH',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
] as const;

const KINDS = ['authentication', 'public', 'internal', 'operations'] as const;

const printable = (expected: string) => text(/^[\x21-\x7e]{1,2048}$/, expected);
const listen = text(
  /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):\d{1,5}$/,
  'address and port as in `127.0.0.1:8080`, `0.0.0.0:8080` or `[::1]:8080`',
);
const reference = (what: string) => printable(`the name of one of \`${what}\``);

const algorithm = choice(ALGORITHMS);
const algorithms = list(algorithm, 'RS256, ES256').describe(
  `Signature algorithms accepted: ${ALGORITHMS.join(', ')}. Default: ${DEFAULT_ALGORITHMS.join(', ')}.`,
);
const audience = z
  .union([printable('an audience'), list(printable('an audience'), 'orders-api')], {
    error: 'write an audience or a list of them',
  })
  .describe('What must stand in `aud`; of a list, any one. Without it a token for another service is accepted here.');
const clockSkew = duration({ min: '0s', max: '5m', why: 'a longer one keeps expired tokens alive' }).describe(
  'How far the clocks of issuer and gateway may differ. `0s` is zero. Default: 30s.',
);
const tokenType = text(/^[A-Za-z0-9!#$&^_.+/-]{1,100}$/, 'a media type as in `at+jwt`').describe(
  'What `typ` must be. Without it: `JWT`, `at+jwt` or absent.',
);
const maxTokenLifetime = duration({ min: '1s', max: '365d' }).describe(
  'The longest `exp` less `iat` accepted. Without it: any.',
);
const jwksUri = printable('the https URL of a key set').describe('Where the key set is; https unless on loopback.');
const jwksTtl = duration({
  min: '5m',
  max: '15m',
  why: 'sooner makes every hiccup of the issuer yours, later trusts a withdrawn key for too long',
}).describe('How old a key set may be. Default: 10m.');
const maxStale = duration({ min: '0s', max: '24h' }).describe(
  'How long the last good key set serves when the issuer cannot be reached. Default: 1h.',
);

const issuer = map(
  {
    issuer: printable('the issuer as it stands in `iss`').optional().describe('What `iss` must be, to the letter.'),
    jwks_uri: jwksUri.optional(),
    audience: audience.optional(),
    algorithms: algorithms.optional(),
    clock_skew: clockSkew.optional(),
    jwks_ttl: jwksTtl.optional(),
    max_stale: maxStale.optional(),
    max_token_lifetime: maxTokenLifetime.optional(),
    token_type: tokenType.optional(),
  },
  ['issuer', 'jwks_uri'],
);

const upstream = map(
  {
    targets: list(printable('a URL as in `http://127.0.0.1:7001`'), 'http://127.0.0.1:7001')
      .optional()
      .describe('The addresses of the service: `http://` or `https://`, host, port, and a base path if any.'),
    balance: choice(['round_robin', 'least_requests']).default('round_robin').describe('Which target is next.'),
    timeouts: map({
      connect: duration({ min: '10ms', max: '1m' }).default('1s').describe('To open a connection.'),
      response: duration({ min: '10ms', max: '1h' })
        .default('15s')
        .describe('From the whole request to the head of the reply.'),
      idle: duration({ min: '10ms', max: '1h' }).default('60s').describe('Between two reads of a reply.'),
    })
      .prefault({})
      .describe('Time limits towards this service.'),
    keep_alive: duration({ min: '10ms', max: '1h' })
      .default('4s')
      .describe(
        'How long an unused connection is kept. Keep it under what the service itself allows: Node closes after 5s.',
      ),
    max_connections: count(1, 65_535).default(256).describe('The most connections to one target.'),
    circuit_breaker: map({
      failure_rate: ratio({ min: '1%', max: '100%' })
        .default('50%')
        .describe('Failures among the requests of the window that open it.'),
      minimum_requests: count(1, 1_000_000).default(20).describe('Fewer in the window than this prove nothing.'),
      window: duration({ min: '1s', max: '10m' }).default('10s').describe('How far back requests are counted.'),
      open_for: duration({ min: '100ms', max: '1h' })
        .default('10s')
        .describe('How long nothing is sent before a probe.'),
      probes: count(1, 100).default(1).describe('Requests let through at once to see whether the service is back.'),
    })
      .optional()
      .describe('Stops calling a service that is down. Without it: never.'),
  },
  ['targets'],
);

const claimPath = text(/^[\x21-\x7e]{1,256}$/, 'a claim as in `sub`, `realm.roles` or `https://example.com/roles`');
const mode = choice(['enforce', 'observe']).describe(
  '`observe` counts and reports, and refuses nobody. Default: enforce.',
);
const subWindows = count(2, 60)
  .default(10)
  .describe('Into how many parts the window is split. More: a shorter wait for room, and more memory a caller.');

const rateLimit = map({
  quota: rate().optional().describe('Requests per window, for every caller the same.'),
  by: text(/^(address|user|client|claim:[\x21-\x7e]{1,256})$/, '`address`, `user`, `client` or `claim:NAME`')
    .optional()
    .describe(
      'Who is counted: `address`, `user` (issuer and subject), `client`, or `claim:NAME`. Callers without a token count by address.',
    ),
  plan_claim: claimPath.optional().describe('The claim that names the plan of the caller.'),
  plans: z
    .record(z.string(), rate().optional(), { error: 'write a map from plan to rate, as in `{ free: 100/min }`' })
    .optional()
    .describe('Requests per window for each plan.'),
  default_plan: printable('one of the plans')
    .optional()
    .describe('The plan of callers whose claim is absent or names no plan.'),
  mode: mode.optional(),
  sub_windows: subWindows,
});

const scope = text(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'one scope an item, without spaces or quotes');
const scopeList = list(scope, 'orders:read');
const allOf = scopeList.optional().describe('Every one of these.');
const anyOf = scopeList.optional().describe('At least one of these.');
const scopesOfMethod = z.union([scopeList, map({ all_of: allOf, any_of: anyOf })], {
  error: 'write a list of scopes, or `{ any_of: [...] }`',
});
const byMethod = Object.fromEntries(METHODS.map((method) => [method, scopesOfMethod.optional()])) as Record<
  (typeof METHODS)[number],
  z.ZodOptional<typeof scopesOfMethod>
>;
const scopes = z
  .union([scopeList, map({ all_of: allOf, any_of: anyOf, default: scopesOfMethod.optional(), ...byMethod })], {
    error: 'write a list of scopes, `{ any_of: [...] }`, or a map from method to either',
  })
  .describe(
    'Scopes a token must hold: a list means every one. By method: every method of the route, or `default` for the others.',
  );

const auth = map(
  {
    type: choice(['jwt']).optional().describe('The kind of token; there is one.'),
    issuer: printable('the name of one of `issuers`, or an issuer with its `jwks_uri`')
      .optional()
      .describe('The name of one of `issuers`; or, with `jwks_uri` beside it, the issuer itself.'),
    jwks_uri: jwksUri.optional(),
    audience: audience.optional(),
    algorithms: algorithms.optional(),
    clock_skew: clockSkew.optional(),
    jwks_ttl: jwksTtl.optional(),
    max_stale: maxStale.optional(),
    max_token_lifetime: maxTokenLifetime.optional(),
    token_type: tokenType.optional(),
    required_claims: list(printable('the name of a claim'), 'sub, tenant_id')
      .optional()
      .describe('Claims that must be present and not empty; top-level, by their whole name.'),
    scopes: scopes.optional(),
    token_source: text(
      /^(?:cookie: ?|query: ?)?[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:: ?[A-Za-z0-9!#$%&'*+.^_`|~-]+)?$/,
      '`Authorization: Bearer`, another header with or without scheme, `cookie: NAME` or `query: NAME`',
    )
      .optional()
      .describe('Where the token stands. Default: `Authorization: Bearer`.'),
  },
  ['issuer'],
);

const method = choice(METHODS);
const headerName = text(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'a header name');
const cors = map(
  {
    origins: list(printable('an origin as in `https://app.example.com`'), 'https://app.example.com')
      .optional()
      .describe('Exact origins, `*`, or a pattern on whole labels: `https://*.example.com`.'),
    methods: list(method, 'GET, POST').default(['GET', 'HEAD', 'POST']).describe('Methods a page may use.'),
    headers: list(headerName, 'authorization, content-type').default([]).describe('Request headers a page may send.'),
    expose_headers: list(headerName, 'retry-after').default([]).describe('Reply headers a page may read.'),
    credentials: z.boolean().default(false).describe('Whether cookies may be sent along.'),
    max_age: duration({ min: '0s', max: '1d' }).default('10m').describe('How long a browser may remember the answer.'),
  },
  ['origins'],
);
const none = z.literal('none');

const plugin = map({
  'strip-auth-header': z
    .boolean()
    .optional()
    .describe('Whether the token is taken out before forwarding. Default: true.'),
  'inject-claims': map(
    {
      headers: z
        .record(headerName, claimPath.optional(), {
          error: 'write a map from header to claim, as in `{ X-User-ID: sub }`',
        })
        .optional()
        .describe('From header to claim. What the client itself sends under these names is removed on every route.'),
    },
    ['headers'],
  )
    .optional()
    .describe('Puts claims of the token into headers for the service.'),
});

const oneLimit = z.union([reference('rate_limits'), rateLimit], {
  error: 'write the name of a limit, or `{ quota: 10/min, by: user }`',
});
const path = printable('a path as in `/api/v1/*` or `/users/:id`');
const host = text(/^\S{1,255}$/, 'a host as in `api.example.com` or `*.example.com`');
const route = map(
  {
    name: text(/^[A-Za-z0-9][A-Za-z0-9 _.:/-]{0,63}$/, 'a name of letters, digits, spaces and `_.:/-`')
      .optional()
      .describe('What logs and metrics call the route. Default: its methods, hosts and path.'),
    path: path
      .optional()
      .describe(
        '`/health` is itself; `:name` stands for one segment; a last `/*` for what is before it and all below.',
      ),
    host: host.optional().describe('The one host of the route.'),
    hosts: list(host, 'api.example.com')
      .optional()
      .describe('Hosts, exact or `*.example.com`. Without any: every host.'),
    methods: list(method, 'GET, POST')
      .optional()
      .describe('Methods. Without any: those that `scopes` names, else every one.'),
    kind: choice(KINDS)
      .optional()
      .describe(
        'authentication: 10/min by address. public: must have a limit by user, client or claim. internal: measured, not refused. operations: exempt. Default, where `auth` and `rate_limit` are both written: public.',
      ),
    upstream: reference('upstreams').optional().describe('Where requests go.'),
    auth: z
      .union([none, auth], { error: 'write `none`, or a map as in `{ issuer: main }`' })
      .optional()
      .describe('Who may call: `none` is everybody.'),
    rate_limit: z
      .union([oneLimit, list(oneLimit, 'login')], {
        error: 'write `none`, the name of a limit, `{ quota: 10/min, by: user }`, or a list of these',
      })
      .optional()
      .describe('`none`, the name of a limit, a limit written out, or a list of these that all apply.'),
    plugins: list(plugin, 'strip-auth-header: true')
      .optional()
      .describe('What is done to the request before it is forwarded.'),
    cors: z
      .union([none, cors], { error: 'write `none`, or a map as in `{ origins: [https://app.example.com] }`' })
      .optional()
      .describe('Which pages of other origins may read replies.'),
    max_body: size({ min: '0b', max: '1024gb' }).optional().describe('The largest body. Default: `limits.body`.'),
    timeouts: map({
      total: duration({ min: '10ms', max: '1d' })
        .optional()
        .describe('From the head of a request to the end of its reply. Default: `timeouts.total` of the file.'),
    })
      .optional()
      .describe('Time limits of this route.'),
    strip_prefix: path.optional().describe('Taken off the front of the path before forwarding; whole segments.'),
    rewrite: path
      .optional()
      .describe('Put in the place of `path` up to its `*`, or of `strip_prefix`, before forwarding.'),
  },
  ['path', 'upstream', 'auth'],
);

export const fileSchema = map(
  {
    listen: listen.default('127.0.0.1:8080').describe('Where callers connect. Port 0 lets the system choose.'),
    admin: map({
      listen: listen.default('127.0.0.1:9901').describe('Where health, metrics and control are served.'),
    })
      .prefault({})
      .describe('The admin port; on loopback unless told otherwise.'),
    trusted_proxies: list(text(/^[0-9A-Fa-f:.]+(\/\d{1,3})?$/, 'an address or block as in `10.0.0.0/8`'), '10.0.0.0/8')
      .default([])
      .describe('Whose `X-Forwarded-For` is believed. Default: nobody’s.'),
    ipv6_prefix: count(32, 128).default(64).describe('How many leading bits of an IPv6 address make one caller.'),
    issuers: named(issuer).default({}).describe('Who signs tokens; named, so that routes share one key set.'),
    upstreams: named(upstream).default({}).describe('The services behind the gateway.'),
    rate_limits: named(rateLimit).default({}).describe('Limits that routes name.'),
    failed_authentications: map(
      { quota: rate().optional().describe('Failures per window.'), mode: mode.optional(), sub_windows: subWindows },
      ['quota'],
    )
      .optional()
      .describe('Counts failed authentications by address on every route with `auth`. Without it: off.'),
    max_callers: count(1, 50_000_000)
      .default(1_000_000)
      .describe('The most callers counted at once, in each limit; about 100 bytes each.'),
    routes: list(route, '{ path: /health, … }')
      .optional()
      .describe('What is served. The most specific path wins, not the first written.'),
    cors: cors.optional().describe('The default for routes without `cors` of their own.'),
    log: map({
      access: text(/^[^\0\r\n]{1,1024}$/, '`stdout`, `stderr`, `off` or the path of a file')
        .default('stdout')
        .describe('Where access lines go: `stdout`, `stderr`, `off`, or a file.'),
      level: choice(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('The least level of the operator’s log that is printed.'),
      sensitive_query: list(text(/^[\x21-\x7e]{1,100}$/, 'the name of a query parameter'), 'signature')
        .default([])
        .describe(
          'Query parameters whose values are logged as `***`, besides the usual ones: tokens, codes, passwords, keys and signatures.',
        ),
    })
      .prefault({})
      .describe('What is logged, and where.'),
    limits: map({
      connections: count(1, 1_000_000).default(10_000).describe('Open connections of callers.'),
      request_line: size({ min: '256b', max: '64kb' })
        .default('8kb')
        .describe('The first line: method, target and version.'),
      head: size({ min: '1kb', max: '256kb' }).default('16kb').describe('The whole head, request line included.'),
      head_fields: count(8, 1000).default(100).describe('Header fields of a request.'),
      body: size({ min: '0b', max: '1024gb' }).default('10mb').describe('The body, where the route does not say.'),
    })
      .prefault({})
      .describe('What a caller may send.'),
    timeouts: map({
      head: duration({ min: '10ms', max: '5m' }).default('10s').describe('From the first byte of a head to its end.'),
      body: duration({ min: '10ms', max: '1h' })
        .default('30s')
        .describe('Between two reads of a body, and between two writes that the caller takes.'),
      idle: duration({ min: '10ms', max: '1h' }).default('60s').describe('A connection with no request on it.'),
      total: duration({ min: '10ms', max: '1d' })
        .default('60s')
        .describe('From the head of a request to the end of its reply.'),
    })
      .prefault({})
      .describe('How long a caller may take.'),
  },
  ['upstreams', 'routes'],
);

export type FileValue = z.output<typeof fileSchema>;
export type IssuerValue = z.output<typeof issuer>;
export type UpstreamValue = z.output<typeof upstream>;
export type LimitValue = z.output<typeof rateLimit>;
export type RouteValue = z.output<typeof route>;
export type AuthValue = z.output<typeof auth>;
export type ScopesValue = z.output<typeof scopes>;
export type ScopesOfMethodValue = z.output<typeof scopesOfMethod>;
export type CorsValue = z.output<typeof cors>;
export type PluginValue = z.output<typeof plugin>;
export type LimitsOfRouteValue = RouteValue['rate_limit'];
