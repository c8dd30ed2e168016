/** Mistakes that need no rule, because they cannot be written: what is refused as the text is read. For the pages; a test holds each to it. */
export interface RefusedAtReading {
  readonly title: string;
  readonly why: string;
  /** The line at fault ends in ` # here`. */
  readonly failing: string;
}

const ISSUER = `
issuers:
  main:
    issuer: https://auth.example.com
    jwks_uri: https://auth.example.com/.well-known/jwks.json
    audience: orders-api`;

export const refusedAtReading: readonly RefusedAtReading[] = [
  {
    title: 'Tokens without an expiry, or past it',
    why: 'There is no key that switches the check of `exp` off.',
    failing: `${ISSUER}
    ignore_expiration: true # here`,
  },
  {
    title: 'A key set that is kept for too short or too long',
    why: '5 to 15 minutes: sooner makes every hiccup of the issuer yours, later trusts a withdrawn key for too long.',
    failing: `${ISSUER}
    jwks_ttl: 24h # here`,
  },
  {
    title: 'A clock skew of more than 5 minutes',
    why: 'It keeps expired tokens alive.',
    failing: `${ISSUER}
    clock_skew: 10m # here`,
  },
  {
    title: 'Unsigned tokens, shared secrets, unknown algorithms',
    why: 'An unsigned token proves nothing, and with a shared secret whoever checks tokens can forge them.',
    failing: `${ISSUER}
    algorithms: [RS256, HS256] # here`,
  },
  {
    title: 'A route that says nothing of who may call it',
    why: 'Every route states `auth`; `none` is a value, silence is not.',
    failing: `
routes:
  - { path: /api/*, upstream: app, rate_limit: { quota: 100/min, by: address } } # here`,
  },
  {
    title: 'A public route without a limit',
    why: 'Every route has a limit from its `kind` or states one.',
    failing: `
routes:
  - { path: /api/*, kind: public, upstream: app, auth: none } # here`,
  },
  {
    title: 'A limit on health or metrics',
    why: 'A probe that is refused takes a good service down.',
    failing: `
routes:
  - { path: /health, kind: operations, upstream: app, auth: none, rate_limit: { quota: 10/min, by: address } } # here`,
  },
  {
    title: 'CORS for every origin, with credentials',
    why: 'Any page could act as its reader.',
    failing: `
routes:
  - path: /api/*
    upstream: app
    auth: { issuer: main }
    rate_limit: { quota: 100/min, by: user }
    cors: { origins: ['*'], credentials: true } # here`,
  },
  {
    title: 'WebSockets by cookie for pages of any origin',
    why: 'Browsers send the cookie along whoever’s page opens one.',
    failing: `
routes:
  - path: /ws
    upstream: app
    auth: { issuer: main, token_source: 'cookie: session' }
    rate_limit: { quota: 100/min, by: user }
    upgrade: [websocket] # here`,
  },
  {
    title: 'Two routes that nothing tells apart',
    why: 'One of them would never be reached. Of all others the most specific wins, so none is shadowed by one before it.',
    failing: `
routes:
  - { path: /a/:id, kind: operations, upstream: app, auth: none }
  - { path: /a/:name, kind: operations, upstream: app, auth: none } # here`,
  },
  {
    title: 'A scope that nobody can have',
    why: 'Where `scopes` are declared, routes and clients name no other.',
    failing: `
scopes: { 'orders:read': Read orders }
routes:
  - path: /orders
    upstream: app
    auth: { issuer: main, scopes: ['orders:raed'] } # here
    rate_limit: { quota: 100/min, by: user }
  - { path: /all, upstream: app, auth: { issuer: main, scopes: ['orders:read'] }, rate_limit: { quota: 1/s, by: user } }`,
  },
  {
    title: 'A secret that stands in the file',
    why: 'A configuration is copied, reviewed and kept for ever.',
    failing: `
admin:
  token: a-token-that-everybody-who-reads-this-knows # here`,
  },
];
