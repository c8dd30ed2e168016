/** Where tokens come from, for how long they are believed, and where they go. */
import { durationMs } from '../units.ts';
import type { Finding, Rule } from './rule.ts';
import { writtenIssuers } from './written.ts';

const DAY_MS = 86_400_000;
const LEAST_SKEW_MS = 30_000;

const ISSUER = `
issuers:
  main:
    issuer: https://auth.example.com
    jwks_uri: https://auth.example.com/.well-known/jwks.json
    audience: orders-api`;
const API = `
routes:
  - path: /api/*
    upstream: app
    rate_limit: { quota: 100/min, by: user }`;

export const tokenInQuery: Rule = {
  id: 'token-in-query',
  severity: 'warning',
  title: 'A token is taken from the query',
  why: 'Addresses are written into logs, browser histories and `Referer` headers, of machines that nobody thinks of. Whoever reads one of them has the token (RFC 9700 §4.3.2).',
  mend: 'Take it from `Authorization: Bearer`, the default.',
  examples: {
    failing: `${API}
    auth: { issuer: main, token_source: 'query: access_token' } # here`,
    passing: `${API}
    auth: { issuer: main }`,
  },
  check: ({ routes }) =>
    routes.flatMap(({ route, path }): Finding | [] =>
      route.auth?.source.in !== 'query'
        ? []
        : {
            path: [...path, 'auth', 'token_source'],
            route,
            message: 'a token in the query ends up in logs, histories and `Referer`',
            mend: 'write `token_source: "Authorization: Bearer"`',
          },
    ),
};

export const shortClockSkew: Rule = {
  id: 'short-clock-skew',
  severity: 'warning',
  title: 'Clocks are expected to agree better than they do',
  why: 'A machine whose clock is a few seconds off refuses tokens that are good, or takes fresh ones for issued in the future. It begins one night, on one machine, and looks like an attack.',
  mend: 'Leave `clock_skew` at 30s, unless all clocks are kept closer together and somebody watches that.',
  examples: {
    failing: `${ISSUER}
    clock_skew: 5s # here`,
    passing: `${ISSUER}
    clock_skew: 45s`,
  },
  check: (audited) =>
    writtenIssuers(audited).flatMap(({ value: { clock_skew: skew }, path }): Finding | [] =>
      skew === undefined || durationMs(skew) >= LEAST_SKEW_MS
        ? []
        : {
            path: [...path, 'clock_skew'],
            message: `a \`clock_skew\` of ${skew} refuses good tokens when clocks differ by more`,
            mend: 'write `30s` unless all clocks are kept closer',
          },
    ),
};

export const farLifetime: Rule = {
  id: 'far-lifetime',
  severity: 'warning',
  title: 'Tokens may live for days',
  why: 'A token that was stolen is good until it expires. One that lives for a year is a password that nobody can change.',
  note: 'That a token has an expiry at all, and that it has not passed, is always checked. Without `max_token_lifetime` the issuer alone decides how far away it may be.',
  mend: 'Let `max_token_lifetime` be what your issuer gives out, an hour or less, and use refresh tokens.',
  examples: {
    failing: `${ISSUER}
    max_token_lifetime: 30d # here`,
    passing: `${ISSUER}
    max_token_lifetime: 1h`,
  },
  check: (audited) =>
    writtenIssuers(audited).flatMap(({ value: { max_token_lifetime: most }, path }): Finding | [] =>
      most === undefined || durationMs(most) <= DAY_MS
        ? []
        : {
            path: [...path, 'max_token_lifetime'],
            message: `tokens that live for ${most} are accepted, and a stolen one is good until its end`,
            mend: 'write what the issuer gives out, as in `1h`',
          },
    ),
};

export const oneAlgorithm: Rule = {
  id: 'one-algorithm',
  severity: 'warning',
  title: 'One algorithm is fixed',
  why: 'The day the issuer signs with a new key of another kind, every token is refused, and only a deployment of the gateway mends it.',
  note: 'A key is only ever used with the algorithms that its own kind allows, and `none` and shared secrets cannot be written, so a longer list does not let a forged token in.',
  mend: 'Leave `algorithms` out for the default list, or name the next one beside the present one.',
  examples: {
    failing: `${ISSUER}
    algorithms: [RS256] # here`,
    passing: `${ISSUER}
    algorithms: [RS256, ES256]`,
  },
  check: (audited) =>
    writtenIssuers(audited).flatMap(({ value: { algorithms }, path }): Finding | [] =>
      algorithms?.length !== 1
        ? []
        : {
            path: [...path, 'algorithms'],
            message: `only ${algorithms[0]} is accepted: a new key of another kind refuses every token`,
            mend: 'leave `algorithms` out, or name a second one',
          },
    ),
};

export const tokenPassedOn: Rule = {
  id: 'token-passed-on',
  severity: 'warning',
  title: 'The token is passed on to the service',
  why: 'Every service that sees tokens can lose them, in its logs or to whoever breaks into it, and can use them against the others.',
  mend: 'Leave `strip-auth-header` at `true`, and give the service the claims it needs with `inject-claims`.',
  examples: {
    failing: `${API}
    auth: { issuer: main }
    plugins:
      - strip-auth-header: false # here`,
    passing: `${API}
    auth: { issuer: main }
    plugins:
      - inject-claims: { headers: { X-User-ID: sub } }`,
  },
  check: ({ routes }) =>
    routes.flatMap(({ route, value, path }): Finding | [] => {
      if (route.auth === undefined || route.plugins.stripAuthHeader) return [];
      const at = value.plugins?.findIndex((plugin) => plugin?.['strip-auth-header'] === false) ?? -1;
      return {
        path: [...path, 'plugins', at, 'strip-auth-header'],
        route,
        message: `\`${route.name}\` passes tokens on to \`${route.upstream.name}\``,
        mend: 'take it out, and name the claims that the service needs under `inject-claims`',
      };
    }),
};
