/** Limits that do not limit whom they should. */
import type { Finding, Rule } from './rule.ts';

const KNOWN = `
routes:
  - path: /api/*
    upstream: app
    auth: { issuer: main }`;

export const addressOnly: Rule = {
  id: 'address-only',
  severity: 'warning',
  title: 'Known callers are counted by address',
  why: 'An office or a mobile network is one address for thousands of users, who use up each other’s quota; and whoever wants more than theirs takes another address.',
  mend: 'Write a limit `by: user`; it counts addresses where there is no token.',
  examples: {
    failing: `${KNOWN}
    rate_limit: { quota: 100/min, by: address } # here`,
    passing: `${KNOWN}
    rate_limit: [{ quota: 1000/min, by: address }, { quota: 100/min, by: user }]`,
  },
  check: ({ routes }) =>
    routes.flatMap(({ route, path }): Finding | [] => {
      const { kind, auth, rateLimits } = route;
      const isKnown = kind === 'public' && auth !== undefined;
      if (!isKnown || rateLimits.length === 0 || rateLimits.some(({ by }) => by.kind !== 'address')) return [];
      return {
        path: [...path, 'rate_limit'],
        route,
        message: 'the route knows its callers but counts only addresses, which many share and some change at will',
        mend: 'write a limit `by: user`',
      };
    }),
};

export const limitObserves: Rule = {
  id: 'limit-observes',
  severity: 'warning',
  title: 'A public route has limits that refuse nobody',
  why: 'A limit that only observes is a way to find the right quota. Left in place, it is a limit in the configuration and none in production.',
  mend: 'Write `mode: enforce`, or leave `mode` out; `gatehouse replay` says whom that would refuse.',
  examples: {
    failing: `${KNOWN}
    rate_limit: { quota: 100/min, by: user, mode: observe } # here`,
    passing: `${KNOWN}
    rate_limit: [{ quota: 100/min, by: user }, { quota: 20/min, by: user, mode: observe }]`,
  },
  check: ({ routes }) =>
    routes.flatMap(({ route, path }): Finding | [] => {
      const { kind, rateLimits } = route;
      if (kind !== 'public' || rateLimits.length === 0 || rateLimits.some(({ mode }) => mode === 'enforce')) return [];
      return {
        path: [...path, 'rate_limit'],
        route,
        message: `the limits of \`${route.name}\` only observe, so it has none`,
        mend: 'leave `mode: observe` out once the quota is known',
      };
    }),
};
