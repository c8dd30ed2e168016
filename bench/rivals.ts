/**
 * The configurations that are compared, as text: nginx as a bare proxy, HAProxy
 * with the same policy as ours, and ours. All of them speak to one upstream with
 * kept connections, and all but nginx write an access line.
 */

/** What the upstream answers; small, so that the proxy's own work is what shows. */
const BODY = '{"order":"1001","status":"shipped","items":[{"sku":"A-1","quantity":2},{"sku":"B-7","quantity":1}]}';

export function nginxUpstream(folder: string, port: number): string {
  return `daemon off; master_process off; pid ${folder}/upstream.pid; error_log ${folder}/upstream.err;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  server { listen 127.0.0.1:${port} backlog=4096; location / { default_type application/json; return 200 '${BODY}'; } }
}
`;
}

export function nginxProxy(folder: string, port: number, upstreamPort: number): string {
  return `daemon off; master_process off; pid ${folder}/proxy.pid; error_log ${folder}/proxy.err;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  upstream orders { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://orders; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`;
}

export interface Policy {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** A file with the issuer's RS256 key in PEM. */
  readonly publicKeyFile: string;
}

/** RS256 verified, issuer, audience and expiry checked, a rate per subject, identity in headers, the token taken off, one line a request. */
export function haproxy(port: number, upstreamPort: number, { issuer, audience, publicKeyFile }: Policy): string {
  return `global
  nbthread 1
  maxconn 8192
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
  bind 127.0.0.1:${port}
  http-request set-var(txn.token) http_auth_bearer
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.token),jwt_verify(txn.alg,"${publicKeyFile}") -m int 1 }
  http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('$.iss') -m str ${issuer} }
  http-request deny deny_status 401 unless { var(txn.token),jwt_payload_query('$.aud') -m str ${audience} }
  http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request set-var(txn.sub) var(txn.token),jwt_payload_query('$.sub')
  http-request track-sc0 var(txn.sub) table callers
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100000000 }
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

export function gatehouse(
  folder: string,
  port: number,
  upstreamPort: number,
  { issuer, audience, jwksUri }: Policy,
): string {
  return `listen: 127.0.0.1:${port}
admin: { listen: 127.0.0.1:0 }
log: { access: ${folder}/access.log }
issuers: { main: { issuer: "${issuer}", jwks_uri: "${jwksUri}", audience: ${audience} } }
upstreams: { orders: { targets: ["http://127.0.0.1:${upstreamPort}"] } }
rate_limits: { plan: { by: user, quota: 100000000/min } }
routes:
  - path: /api/v1/*
    kind: public
    upstream: orders
    auth: { issuer: main, required_claims: [sub, tenant_id] }
    rate_limit: plan
    plugins:
      - inject-claims: { headers: { X-User-ID: sub, X-Tenant-ID: tenant_id } }
`;
}
