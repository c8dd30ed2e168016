/** How services are spoken to, and for how long they are waited for. */
import type { RouteConfig, TargetConfig } from '../config.ts';
import type { Finding, Rule } from './rule.ts';

const LONG_RESPONSE_MS = 120_000;
const LONG_TOTAL_MS = 600_000;

export const plaintextUpstream: Rule = {
  id: 'plaintext-upstream',
  severity: 'error',
  title: 'A service is spoken to in plain text over a public network',
  why: 'Whoever is on the way, a network operator for one, reads claims and bodies, and can answer in the place of the service.',
  note: 'Addresses outside the private ranges (RFC 1918, RFC 4193, loopback, link-local, 100.64.0.0/10) are an error. A full name that does not end like one of a private network (`.internal`, `.local`, `.svc` and the like) is a warning: nobody can tell from here where it leads.',
  mend: 'Write `https://` for the target.',
  examples: {
    failing: `
upstreams:
  app:
    targets: ['http://203.0.113.7:80'] # here`,
    passing: `
upstreams:
  app:
    targets: ['https://203.0.113.7:443']`,
  },
  check: ({ config }) =>
    config.upstreams.flatMap(({ name, targets }) =>
      targets.flatMap((target, at): Finding | [] => {
        const reach = target.tls ? 'private' : reachOf(target);
        if (reach === 'private') return [];
        return {
          path: ['upstreams', name, 'targets', at],
          message: `\`${target.host}\` is spoken to in plain text${reach === 'public' ? ' over a public network' : ', and may be reached over a public network'}`,
          mend: 'write `https://`',
          ...(reach === 'unknown' && { severity: 'warning' }),
        };
      }),
    ),
};

export const unverifiedUpstream: Rule = {
  id: 'unverified-upstream',
  severity: 'warning',
  title: 'The certificate of a service is not looked at',
  why: 'TLS without verification keeps out who only listens. Whoever can answer, poses as the service, and gets every claim and every body.',
  mend: 'Name the authority that signed the certificate with `ca`.',
  examples: {
    failing: `
upstreams:
  app:
    targets: ['https://10.0.0.7:8443']
    tls:
      insecure_skip_verify: true # here`,
    passing: `
upstreams:
  app:
    targets: ['https://10.0.0.7:8443']
    tls:
      server_name: app.internal`,
  },
  check: ({ config }) =>
    config.upstreams.flatMap(({ name, tls }): Finding | [] =>
      tls?.verify !== false
        ? []
        : {
            path: ['upstreams', name, 'tls', 'insecure_skip_verify'],
            message:
              'the service’s certificate is not looked at: anybody on the way can pose as it, and read tokens and bodies',
            mend: 'name its authority with `ca` instead',
          },
    ),
};

export const uncheckedTargets: Rule = {
  id: 'unchecked-targets',
  severity: 'warning',
  title: 'Nobody looks whether the targets of a service are well',
  why: 'Without a health check, it takes requests that fail to find out that a target is down, and requests that are tried on it to find out that it is back.',
  note: 'Said of upstreams with more than one target: with a single one there is nowhere else to send a request.',
  mend: 'Write `health_check: { path: /health }`.',
  examples: {
    failing: `
upstreams:
  app: # here
    targets: ['http://10.0.0.7:80', 'http://10.0.0.8:80']`,
    passing: `
upstreams:
  app:
    targets: ['http://10.0.0.7:80', 'http://10.0.0.8:80']
    health_check: { path: /health }`,
  },
  check: ({ config }) =>
    config.upstreams.flatMap(({ name, targets, healthCheck }): Finding | [] =>
      targets.length < 2 || healthCheck !== undefined
        ? []
        : {
            path: ['upstreams', name],
            message: `nobody looks whether the ${targets.length} targets of \`${name}\` are well`,
            mend: 'write `health_check: { path: /health }`',
          },
    ),
};

export const longTimeLimit: Rule = {
  id: 'long-time-limit',
  severity: 'warning',
  title: 'Callers wait for minutes',
  why: 'A caller who waits holds a connection and a place at the service. When it hangs, all places are soon held by requests that nobody waits for any more.',
  note: `More than ${LONG_RESPONSE_MS / 60_000} minutes to the head of a reply, or ${LONG_TOTAL_MS / 60_000} minutes to its end where the route does not say \`streaming: true\`.`,
  mend: 'Let the limits be somewhat more than what the slowest honest request takes; for a reply without an end write `streaming: true`.',
  examples: {
    failing: `
upstreams:
  app:
    targets: ['http://10.0.0.7:80']
    timeouts: { response: 5m } # here`,
    passing: `
upstreams:
  app:
    targets: ['http://10.0.0.7:80']
    timeouts: { response: 30s }`,
  },
  check: ({ config, routes }) => [
    ...config.upstreams.flatMap(({ name, timeouts }): Finding | [] =>
      timeouts.responseMs <= LONG_RESPONSE_MS
        ? []
        : {
            path: ['upstreams', name, 'timeouts', 'response'],
            message: `callers wait ${timeouts.responseMs / 60_000} minutes for the first word of \`${name}\``,
            mend: 'write what its slowest honest request takes',
          },
    ),
    ...routes.flatMap(({ route, path }): Finding | [] =>
      isEndless(route)
        ? []
        : {
            path: [...path, 'timeouts', 'total'],
            route,
            message: `a request of \`${route.name}\` may take ${route.totalMs / 60_000} minutes`,
            mend: 'write what its slowest honest request takes, or `streaming: true`',
          },
    ),
  ],
};

/** Those that say so, and those that end in good time. */
function isEndless({ streaming, totalMs }: RouteConfig): boolean {
  return streaming || totalMs <= LONG_TOTAL_MS;
}

const PRIVATE = [
  /^(?:10|127)\./,
  /^172\.(?:1[6-9]|2\d|3[01])\./,
  /^192\.168\./,
  /^169\.254\./,
  /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
  /^\[?(?:::1$|::1\]|f[cd]|fe[89ab])/i,
];
const PRIVATE_ENDS = /\.(?:internal|local|localhost|lan|svc|test|corp|intranet|private|home\.arpa|cluster\.local)\.?$/i;

function reachOf({ host }: TargetConfig): 'private' | 'public' | 'unknown' {
  if (PRIVATE.some((range) => range.test(host))) return 'private';
  if (/^[\d.]+$/.test(host) || host.includes(':')) return 'public';
  return !host.includes('.') || PRIVATE_ENDS.test(host) ? 'private' : 'unknown';
}
