/** What anybody may do without showing who they are. */
import type { RouteConfig } from '../config.ts';
import type { AuditedRoute, Finding, Rule } from './rule.ts';
import { authenticationSign } from './authentication-words.ts';
import { isStrict } from './login-without-limit.ts';
import { isOpen, takesWrites } from './written.ts';

const LARGE_BYTES = 100 * 1024 * 1024;

export const anonymousWrites: Rule = {
  id: 'anonymous-writes',
  severity: 'warning',
  title: 'Anybody may change something',
  why: 'A service behind a gateway tends to believe that whoever reaches it was let in. A POST that asks for no token is called by everybody who finds it.',
  note: 'Routes that look like authentication, and those of `kind: operations`, are left out. A webhook whose sender signs its calls is a case for a waiver, with the reason.',
  mend: 'Ask for a token (`auth: { issuer: NAME }`) or a client certificate.',
  examples: {
    failing: `
routes:
  - path: /comments # here
    methods: [GET, POST]
    upstream: app
    auth: none
    rate_limit: { quota: 100/min, by: address }`,
    passing: `
routes:
  - { path: /comments, methods: [GET], upstream: app, auth: none, rate_limit: { quota: 100/min, by: address } }
  - { path: /comments, methods: [POST], upstream: app, auth: { issuer: main }, rate_limit: { quota: 10/min, by: user } }`,
  },
  check: ({ routes }) =>
    routes.flatMap((one): Finding | [] => {
      const { route, path } = one;
      if (!isOpen(one) || !isService(route) || route.methods.length === 0 || !takesWrites(one)) return [];
      // Who is to sign in is nobody yet: another rule looks at those.
      if (authenticationSign(route) !== undefined) return [];
      return {
        path,
        route,
        message: `anybody may call \`${route.name}\`, and it takes methods that change something`,
        mend: 'write `auth`, or keep to `methods: [GET]`',
      };
    }),
};

export const anonymousWildcard: Rule = {
  id: 'anonymous-wildcard',
  severity: 'warning',
  title: 'An open wildcard lets through what nobody has listed',
  why: 'Whatever the service has below the path is open to everybody, with what it gets next year: a sign-in, a reset of passwords or a page of its administration, all without the strict limit that such a path needs.',
  note: 'Open routes for any method whose path ends in `*`. With `methods: [GET, HEAD]`, or with a limit by address that would be strict enough for a sign-in, nothing is said.',
  mend: 'List the paths that are to be open, or ask for a token here.',
  examples: {
    failing: `
routes:
  - path: /* # here
    upstream: app
    auth: none
    rate_limit: { quota: 1000/min, by: address }`,
    passing: `
routes:
  - path: /*
    methods: [GET, HEAD]
    upstream: app
    auth: none
    rate_limit: { quota: 1000/min, by: address }`,
  },
  check: ({ routes }) =>
    routes.flatMap((one): Finding | [] => {
      const { route, path } = one;
      const isWide = route.path.endsWith('*') && route.methods.length === 0;
      if (!isWide || !isOpen(one) || !isService(route)) return [];
      if (route.rateLimits.some((limit) => isStrict(limit, route))) return [];
      return {
        path,
        route,
        message: `\`${route.name}\` is open to everybody, and lets through whatever sign-in the service has below it`,
        mend: 'list the paths that are to be open, or write `methods: [GET, HEAD]`',
      };
    }),
};

export const anonymousWayIn: Rule = {
  id: 'anonymous-way-in',
  severity: 'error',
  title: 'A protected service can be reached by an open route that is rewritten',
  why: 'The service is asked for the same paths by two routes. One asks for a token; the other takes its prefix off, or stands on another host, and asks for none. Whoever finds it has the whole service.',
  note: 'Compared are the paths that the service sees, after `strip_prefix` and `rewrite`, of routes to one upstream. Where they differ in their hosts alone it is a warning: the service sees the host.',
  mend: 'Ask for the same token on both, or make the open one as narrow as what it is for.',
  examples: {
    failing: `
routes:
  - { path: /api/*, upstream: app, auth: { issuer: main }, rate_limit: { quota: 100/min, by: user } }
  - path: /public/* # here
    methods: [GET]
    strip_prefix: /public
    upstream: app
    auth: none
    rate_limit: { quota: 100/min, by: address }`,
    passing: `
routes:
  - { path: /api/*, upstream: app, auth: { issuer: main }, rate_limit: { quota: 100/min, by: user } }
  - path: /public/*
    methods: [GET]
    upstream: app
    auth: none
    rate_limit: { quota: 100/min, by: address }`,
  },
  check({ routes }) {
    const guarded = routes.filter((one) => !isOpen(one));
    return routes.flatMap((one): Finding | [] => {
      const { route, path } = one;
      if (!isOpen(one) || !route.path.endsWith('*')) return [];
      const opened = guarded.find((other) => opens(one, other));
      if (opened === undefined) return [];
      return {
        path,
        route,
        message: `\`${route.name}\` asks for no token and reaches what \`${opened.route.name}\` protects: both ask \`${route.upstream.name}\` for \`${seenBy(opened.route)}\``,
        mend: 'ask for the same token, or let the service see other paths',
        ...(!isMoved(route) && !isMoved(opened.route) && { severity: 'warning' }),
      };
    });
  },
};

export const largeAnonymousBodies: Rule = {
  id: 'large-anonymous-bodies',
  severity: 'warning',
  title: 'Anybody may send very large bodies',
  why: 'Sending costs a stranger little. Taking costs the service memory, disk and time, and a few dozen uploads at once are an outage.',
  mend: 'Let `max_body` be what the largest honest request needs, or ask for a token.',
  examples: {
    failing: `
routes:
  - path: /files
    methods: [GET]
    max_body: 1gb # here
    upstream: app
    auth: none
    rate_limit: { quota: 100/min, by: address }`,
    passing: `
routes:
  - path: /files
    methods: [GET]
    max_body: 20mb
    upstream: app
    auth: none
    rate_limit: { quota: 100/min, by: address }`,
  },
  check: ({ routes }) =>
    routes.flatMap((one): Finding | [] => {
      const { route, path } = one;
      if (!isOpen(one) || route.maxBodyBytes <= LARGE_BYTES) return [];
      return {
        path: [...path, 'max_body'],
        route,
        message: `anybody may send \`${route.name}\` bodies of over 100 MB`,
        mend: 'write what the largest honest request needs',
      };
    }),
};

/** Not a sign-in, which nobody can be signed in for, and not for the people who run it. */
function isService({ kind }: RouteConfig): boolean {
  return kind === 'public' || kind === 'internal';
}

/** Whether the service sees, through `open`, paths that it sees through `guarded`, where routing does not keep them apart. */
function opens({ route: open }: AuditedRoute, { route: guarded }: AuditedRoute): boolean {
  if (open.upstream !== guarded.upstream) return false;
  const sameHosts = open.hosts.join() === guarded.hosts.join();
  // On one host and unmoved, the more specific route wins: what is guarded stays so.
  if (sameHosts && !isMoved(open) && !isMoved(guarded)) return false;
  return seenBy(guarded).startsWith(seenBy(open).slice(0, -1));
}

function isMoved({ stripPrefix, rewrite }: RouteConfig): boolean {
  return stripPrefix !== undefined || rewrite !== undefined;
}

/** The path that the service sees, as a pattern. */
function seenBy({ path, stripPrefix, rewrite }: RouteConfig): string {
  const wildcard = path.endsWith('*') ? '*' : '';
  const front = stripPrefix ?? (rewrite === undefined ? '' : path.slice(0, path.length - wildcard.length));
  const rest = path.slice(front.length);
  const joined = `${rewrite ?? ''}${rewrite !== undefined && stripPrefix === undefined ? wildcard : rest}`;
  return `/${joined.replaceAll(/^\/+/g, '')}`.replaceAll(/\/{2,}/g, '/');
}
