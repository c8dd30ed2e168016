/**
 * nginx twice: as the bare proxy that is the floor, without policy and without
 * a log, and as the upstream behind everybody, on the core of the load.
 */
import type { Rival, Setup } from '../rivals.ts';

/** What the upstream answers; small, so that the proxy's own work is what shows. */
const BODY = '{"order":"1001","status":"shipped","items":[{"sku":"A-1","quantity":2},{"sku":"B-7","quantity":1}]}';

export interface UpstreamSetup {
  readonly folder: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly cert: string;
  readonly key: string;
}

/**
 * `mirror` makes it read a body to its end before it answers; the static module
 * then declines the POST with 405, which is turned into the small answer.
 */
export function upstream({ folder, port, tlsPort, cert, key }: UpstreamSetup): string {
  return `daemon off; master_process off; pid ${folder}/upstream.pid; error_log ${folder}/upstream.err;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600;
  sendfile on; tcp_nopush on; open_file_cache max=16; client_body_buffer_size 128k; client_max_body_size 1m;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    listen 127.0.0.1:${tlsPort} ssl backlog=4096;
    ssl_certificate ${cert}; ssl_certificate_key ${key};
    default_type application/json;
    root ${folder}/www;
    location / { return 200 '${BODY}'; }
    location = /api/v1/16k.json { }
    location = /api/v1/1m.json { }
    location = /api/v1/upload { mirror /mirror; error_page 405 =200 @done; }
    location = /mirror { internal; return 204; }
    location @done { return 200 '${BODY}'; }
  }
}
`;
}

/** Buffers that let a large reply through without a temporary file, which is what costs by default. */
function proxy({ folder, port, upstreamPort, tls, prefixes }: Setup): string {
  const secure = tls === undefined ? '' : ' ssl';
  const certificate = tls === undefined ? '' : `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};`;
  const locations = prefixes.map((prefix) => `    location ${prefix}/ { proxy_pass http://orders; }`).join('\n');
  return `daemon off; master_process off; pid ${folder}/proxy.pid; error_log ${folder}/proxy.err;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600; client_body_buffer_size 128k;
  proxy_buffers 8 64k; proxy_buffer_size 64k; proxy_busy_buffers_size 128k; proxy_max_temp_file_size 0;
  proxy_http_version 1.1; proxy_set_header Connection "";
  upstream orders { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port}${secure} backlog=4096;
    ${certificate}
${locations}
  }
}
`;
}

export const nginx: Rival = {
  title: 'nginx, bare proxy',
  files: (setup) => ({ 'nginx.conf': proxy(setup) }),
  command: (configuration) => ['nginx', '-c', configuration],
};
