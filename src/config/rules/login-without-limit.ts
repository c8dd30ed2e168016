/** The incident: every route had a limit except the login. */
import type { RateLimitConfig, RouteConfig } from '../config.ts';
import { formatQuota } from '../units.ts';
import { authenticationSign } from './authentication-words.ts';
import type { Finding, Rule } from './rule.ts';

/** More tries than this from one address are a list of passwords being tried. A person who mistypes needs a tenth. */
const STRICT_PER_MINUTE = 30;
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

export const loginWithoutLimit: Rule = {
  id: 'login-without-limit',
  severity: 'error',
  title: 'A route that looks like authentication has no strict limit by address',
  why: 'Passwords, codes and tokens can be tried here as fast as the service answers, and lists of leaked passwords are tried against logins every day. A limit by user does not help: whoever has not signed in is nobody yet.',
  note: `A route looks like authentication by its \`kind\`, by a word in its path or its name (login, sign-in, token, refresh, password, otp, mfa, reset, verify, register and the like), or because it posts to an upstream with the name of an identity service. Strict is at most ${STRICT_PER_MINUTE} requests a minute from one address, and enforced. Where a token is asked for, as when somebody signed in changes a password, any strict limit will do and its absence is a warning; so it is where the route only reads.`,
  mend: 'Give the route `kind: authentication`, which brings 10 requests a minute by address, or write `rate_limit: { quota: 10/min, by: address }`.',
  examples: {
    failing: `
routes:
  - path: /api/*
    upstream: app
    auth: { issuer: main }
    rate_limit: { quota: 100/min, by: user }
  - path: /login
    methods: [POST]
    kind: internal
    upstream: app
    auth: none
    rate_limit: none # here`,
    passing: `
routes:
  - path: /api/*
    upstream: app
    auth: { issuer: main }
    rate_limit: { quota: 100/min, by: user }
  - path: /login
    methods: [POST]
    kind: authentication
    upstream: app
    auth: none
    rate_limit: { quota: 10/min, by: address }`,
  },
  check: ({ routes }) =>
    routes.flatMap(({ route, path }): Finding | [] => {
      const sign = authenticationSign(route);
      if (sign === undefined || route.rateLimits.some((limit) => isStrict(limit, route))) return [];
      const reads = route.methods.length > 0 && route.methods.every((method) => READING.has(method));
      const less = route.kind !== 'authentication' && (route.auth !== undefined || reads);
      return {
        path: [...path, 'rate_limit'],
        route,
        message: `\`${route.name}\` ${sign} and has ${whatItHas(route)}: passwords can be tried`,
        mend:
          route.kind === 'operations'
            ? 'write `kind: authentication`'
            : 'write `rate_limit: { quota: 10/min, by: address }`',
        ...(less && { severity: 'warning' }),
      };
    }),
};

export function isStrict(limit: RateLimitConfig, { auth, kind }: RouteConfig): boolean {
  const { by, quota, plans, mode } = limit;
  if (mode === 'observe') return false;
  if (by.kind !== 'address' && (auth === undefined || kind === 'authentication')) return false;
  return [quota, ...(plans?.quotas.values() ?? [])].every(
    ({ requests, windowMs }) => (requests * 60_000) / windowMs <= STRICT_PER_MINUTE,
  );
}

function whatItHas({ rateLimits }: RouteConfig): string {
  const byAddress = rateLimits.filter(({ by }) => by.kind === 'address');
  const [limit] = byAddress;
  if (rateLimits.length === 0) return 'no limit';
  if (limit === undefined) return 'no limit by address';
  if (byAddress.every(({ mode }) => mode === 'observe')) return 'a limit that only observes';
  return `a limit of ${formatQuota(limit.quota)} by address, which is not strict`;
}
