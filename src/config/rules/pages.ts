/** What pages of other origins can do with the browser of somebody who is signed in. */
import type { Finding, Rule } from './rule.ts';
import { takesWrites } from './written.ts';

export const corsAnyOrigin: Rule = {
  id: 'cors-any-origin',
  severity: 'warning',
  title: 'Pages of any origin may read what needs a token',
  why: 'A page that got hold of a token, by a fault of another page or a browser extension, can use it from anywhere and read the answers.',
  mend: 'Name the origins of your own pages.',
  examples: {
    failing: `
routes:
  - path: /api/*
    upstream: app
    auth: { issuer: main }
    rate_limit: { quota: 100/min, by: user }
    cors: { origins: ['*'], headers: [authorization] } # here`,
    passing: `
routes:
  - path: /api/*
    upstream: app
    auth: { issuer: main }
    rate_limit: { quota: 100/min, by: user }
    cors: { origins: ['https://app.example.com'], headers: [authorization] }`,
  },
  check({ routes }) {
    let saidOfDefault = false;
    return routes.flatMap(({ route, value, path }): Finding | [] => {
      if (route.auth === undefined || route.cors?.origins.includes('*') !== true) return [];
      const own = value.cors !== undefined;
      if (!own && saidOfDefault) return [];
      saidOfDefault ||= !own;
      return {
        path: [...(own ? path : []), 'cors', 'origins'],
        route,
        message: `pages of any origin may read what \`${route.name}\` answers to a token`,
        mend: 'name the origins of your own pages',
      };
    });
  },
};

export const cookieWrites: Rule = {
  id: 'cookie-writes',
  severity: 'warning',
  title: 'A cookie is enough to change something',
  why: 'Browsers send cookies along with whatever any page asks for. A page of a stranger posts a form here, and it counts as the user’s own doing (cross-site request forgery).',
  note: 'A cookie that its setter marks `SameSite=Strict` or `Lax` is not sent along: that is a reason for a waiver, and nothing that can be seen from here.',
  mend: 'Take the token from `Authorization: Bearer` where something is changed.',
  examples: {
    failing: `
routes:
  - path: /api/*
    upstream: app
    auth: { issuer: main, token_source: 'cookie: session' } # here
    rate_limit: { quota: 100/min, by: user }`,
    passing: `
routes:
  - path: /api/*
    methods: [GET]
    upstream: app
    auth: { issuer: main, token_source: 'cookie: session' }
    rate_limit: { quota: 100/min, by: user }`,
  },
  check: ({ routes }) =>
    routes.flatMap((one): Finding | [] => {
      const { route, path } = one;
      if (route.auth?.source.in !== 'cookie' || !takesWrites(one)) return [];
      return {
        path: [...path, 'auth', 'token_source'],
        route,
        message: `\`${route.name}\` takes its token from a cookie, which browsers send along for any page, and takes methods that change something`,
        mend: 'keep to `methods: [GET, HEAD]`, or take the token from `Authorization: Bearer`',
      };
    }),
};
