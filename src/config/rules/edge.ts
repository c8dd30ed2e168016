/** What stands open to the network, and whose word is taken for who calls. */
import { isLoopback } from '../addresses.ts';
import type { Finding, Rule } from './rule.ts';

export const adminExposed: Rule = {
  id: 'admin-exposed',
  severity: 'warning',
  title: 'The admin port can be reached by others',
  why: 'Metrics name every route and service, and show when a quota or a circuit gives way. With `admin.token` the port changes things, too.',
  note: 'In a container it has to listen on all addresses to be asked for its health: then a network policy keeps strangers out, which is a reason for a waiver.',
  mend: 'Let it listen on loopback, or keep strangers out with a firewall and waive this.',
  examples: {
    failing: `
admin:
  listen: 0.0.0.0:9901 # here`,
    passing: `
admin:
  listen: 127.0.0.1:9901`,
  },
  check: ({ config, value }) => {
    const { host, port } = config.admin.listen;
    if (isLoopback(host)) return [];
    return [
      {
        path: ['admin', 'listen'],
        message: `the admin port listens on \`${value.admin.listen}\`, where others can reach it`,
        mend: `write \`127.0.0.1:${port}\`, or keep strangers out with a firewall`,
      },
    ];
  },
};

export const trustsEverybody: Rule = {
  id: 'trusts-everybody',
  severity: 'error',
  title: 'Everybody is a trusted proxy',
  why: 'A caller who is believed to be a proxy says itself, in `X-Forwarded-For`, by which address it is counted: a new one for each request, and no limit by address holds. The sign-in is open to lists of passwords.',
  mend: 'Write the blocks of your own proxies.',
  examples: {
    failing: `
trusted_proxies:
  - 10.0.0.0/8
  - 0.0.0.0/0 # here`,
    passing: `
trusted_proxies:
  - 10.0.0.0/8`,
  },
  check: ({ config }) =>
    config.trustedProxies.flatMap((block, at): Finding | [] =>
      block.endsWith('/0')
        ? {
            path: ['trusted_proxies', at],
            message: `\`${block}\` is everybody: any caller can then choose the address it is counted by`,
            mend: 'write the blocks of your own proxies',
          }
        : [],
    ),
};

export const unknownProxy: Rule = {
  id: 'unknown-proxy',
  severity: 'warning',
  title: 'All callers may be one address',
  why: 'Behind a proxy or a load balancer every connection comes from its address. As long as it is not trusted, all callers share one quota by address: ten failed sign-ins of one stranger lock out everybody.',
  note: 'Said where the gateway takes plain HTTP from other machines, counts addresses, and trusts no proxy: TLS then ends somewhere before it.',
  mend: 'Name the proxy in `trusted_proxies`; where callers do connect directly, waive this.',
  examples: {
    failing: `
listen: 0.0.0.0:8080 # here
routes:
  - { path: /login, methods: [POST], kind: authentication, upstream: app, auth: none }`,
    passing: `
listen: 0.0.0.0:8080
trusted_proxies: [10.0.0.0/8]
routes:
  - { path: /login, methods: [POST], kind: authentication, upstream: app, auth: none }`,
  },
  check({ config, routes }) {
    const { listen, tls, trustedProxies } = config;
    if (isLoopback(listen.host) || tls !== undefined || trustedProxies.length > 0) return [];
    const counts = routes.some(({ route }) =>
      route.rateLimits.some(({ by, mode }) => by.kind === 'address' && mode === 'enforce'),
    );
    if (!counts) return [];
    return [
      {
        path: ['listen'],
        message: 'callers are counted by address, and behind a proxy that is not named all of them have its address',
        mend: 'write `trusted_proxies` with the block of the proxy, or `tls` if there is none',
      },
    ];
  },
};
