/** Services that are told who calls by one route, and are not by another. */
import type { RouteConfig } from '../config.ts';
import type { Finding, Rule } from './rule.ts';

const ROUTES = `
routes:
  - path: /orders/*
    upstream: app
    auth: { issuer: main }
    rate_limit: { quota: 100/min, by: user }
    plugins: [{ inject-claims: { headers: { X-User-ID: sub } } }]`;

export const identityMissing: Rule = {
  id: 'identity-missing',
  severity: 'warning',
  title: 'A service is told who calls by one route and not by another',
  why: 'A service that reads `X-User-ID` reads it for every request. By the other route the header is never there, though the caller has shown a token, and what a service does without it was never tried: often it is everything.',
  note: 'Said of public routes: the callers of internal ones are services, whose tokens speak for no user.',
  mend: 'Inject the same claims on every route to the service that asks for a token.',
  examples: {
    failing: `${ROUTES}
  - path: /invoices/* # here
    upstream: app
    auth: { issuer: main }
    rate_limit: { quota: 100/min, by: user }`,
    passing: `${ROUTES}
  - path: /invoices/*
    upstream: app
    auth: { issuer: main }
    rate_limit: { quota: 100/min, by: user }
    plugins: [{ inject-claims: { headers: { X-User-ID: sub } } }]`,
  },
  check({ routes }) {
    /** From upstream to a header of its, and a route that fills it. */
    const filled = new Map<string, Map<string, RouteConfig>>();
    for (const { route } of routes) {
      const headers = filled.get(route.upstream.name) ?? new Map<string, RouteConfig>();
      for (const name of headersOf(route)) if (!headers.has(name)) headers.set(name, route);
      filled.set(route.upstream.name, headers);
    }
    return routes.flatMap(({ route, path }): Finding | [] => {
      if (route.auth === undefined || route.kind !== 'public') return [];
      const own = new Set(headersOf(route));
      const missing = [...(filled.get(route.upstream.name) ?? [])].find(([name]) => !own.has(name));
      if (missing === undefined) return [];
      const [name, other] = missing;
      return {
        path,
        route,
        message: `\`${route.upstream.name}\` gets \`${name}\` from \`${other.name}\` and not from \`${route.name}\``,
        mend: 'inject the same claims here',
      };
    });
  },
};

function headersOf({ plugins }: RouteConfig): readonly string[] {
  return [...plugins.injectClaims, ...plugins.injectFromCertificate].map(({ header }) => header.toLowerCase());
}
