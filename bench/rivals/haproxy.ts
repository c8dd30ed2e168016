/** HAProxy: the token verified each time, as it keeps none; a stick table; identity in headers; `httplog`. */
import type { Rival, Setup } from '../rivals.ts';

function configuration(setup: Setup): string {
  const { port, upstreamPort, issuer, audience, publicKeyFile, algorithm, tls, quota, folder } = setup;
  const secure = tls === undefined ? '' : ` ssl crt ${tls.both} alpn http/1.1`;
  return `global
  nbthread 1
  maxconn 12000
  no strict-limits
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  timeout client 60s
  timeout server 15s
  timeout connect 1s
  http-reuse always
frontend edge
  bind 127.0.0.1:${port}${secure} backlog 4096
  http-request deny deny_status 404 unless { path,map_beg(${folder}/routes.map) -m found }
  http-request set-var(txn.token) http_auth_bearer
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request deny deny_status 401 unless { var(txn.alg) -m str ${algorithm} }
  http-request deny deny_status 401 unless { var(txn.token),jwt_verify(txn.alg,"${publicKeyFile}") -m int 1 }
  http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('$.iss') -m str ${issuer} }
  http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('$.aud') -m str ${audience} }
  http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request set-var(txn.sub) var(txn.token),jwt_payload_query('$.sub')
  http-request track-sc0 var(txn.sub) table callers
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt ${quota} }
  http-request set-header X-User-ID %[var(txn.sub)]
  http-request set-header X-Tenant-ID %[var(txn.token),jwt_payload_query('$.tenant_id')]
  http-request del-header Authorization
  default_backend orders
backend callers
  stick-table type string len 64 size 1m expire 2m store http_req_rate(60s)
backend orders
  server one 127.0.0.1:${upstreamPort}
`;
}

export const haproxy: Rival = {
  title: 'HAProxy, JWT + limit + headers + log',
  files: (setup) => ({
    'haproxy.cfg': configuration(setup),
    'routes.map': setup.prefixes.map((prefix) => `${prefix}/ orders\n`).join(''),
  }),
  command: (file) => ['haproxy', '-f', file],
  cannot: ({ algorithm }) => (algorithm === 'EdDSA' ? 'its jwt_verify knows no EdDSA' : undefined),
};
