/** Gatehouse twice: with everything on, and with no policy and no log, for what the policy costs. */
import type { Rival, Setup } from '../rivals.ts';

function listening({ port, tls, upstreamPort }: Setup, access: string, upstreamMore: string): string {
  return `listen: 127.0.0.1:${port}
${tls === undefined ? '' : `tls: { cert: ${tls.cert}, key: ${tls.key} }\n`}admin: { listen: 127.0.0.1:0 }
log: { access: ${access} }
limits: { connections: 12000, connections_per_address: 12000 }
upstreams: { orders: { targets: ["http://127.0.0.1:${upstreamPort}"]${upstreamMore} } }
`;
}

export function guarded(setup: Setup): string {
  const { issuer, audience, jwksUri, quota, prefixes, folder } = setup;
  return `${listening(setup, `${folder}/access.log`, ', circuit_breaker: {}')}issuers: { main: { issuer: "${issuer}", jwks_uri: "${jwksUri}", audience: ${audience} } }
rate_limits: { plan: { by: user, quota: ${quota}/min } }
routes:
${prefixes.map(guardedRoute).join('')}`;
}

function guardedRoute(prefix: string): string {
  return `  - path: ${prefix}/*
    kind: public
    upstream: orders
    auth: { issuer: main, required_claims: [sub, tenant_id] }
    rate_limit: plan
    plugins:
      - inject-claims: { headers: { X-User-ID: sub, X-Tenant-ID: tenant_id } }
`;
}

function open(setup: Setup): string {
  return `${listening(setup, 'off', '')}routes:\n${setup.prefixes.map(openRoute).join('')}`;
}

function openRoute(prefix: string): string {
  return `  - { path: ${prefix}/*, kind: operations, upstream: orders, auth: none, rate_limit: none }\n`;
}

const command: Rival['command'] = (configuration) => [process.execPath, 'bin/gatehouse.js', 'run', configuration];

export const gatehouse: Rival = {
  title: 'Gatehouse, JWT + limit + headers + log + breaker + metrics',
  files: (setup) => ({ 'gatehouse.yaml': guarded(setup) }),
  command,
};

export const gatehouseOpen: Rival = {
  title: 'Gatehouse, no policy, no log',
  files: (setup) => ({ 'gatehouse-open.yaml': open(setup) }),
  command,
};
