/**
 * Health and metrics on a port of their own, so that no route and no limit is in
 * their way and no caller of the gateway reaches them. On `node:http`: a few
 * requests a minute from the operator's own network.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Control, pathOf } from './control.ts';

export interface AdminOptions {
  readonly listen: { readonly host: string; readonly port: number };
}

export interface AdminSources {
  readonly metrics: { render(): string };
  /** Why traffic should not come here now, if it should not. */
  readonly ready: () => { readonly ready: boolean; readonly reasons: readonly string[] };
  /** Asked first. Absent: nothing can be changed. */
  readonly control?: Control;
}

export interface Admin {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const JSON_TYPE = 'application/json';

const ONLY_READS: Answer = { status: 405, type: TEXT, body: 'GET or HEAD\n' };
const BROKEN: Answer = { status: 500, type: TEXT, body: 'internal error\n' };

const LIMITS = { maxHeaderSize: 8192, headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 30_000 };
const MOST_CONNECTIONS = 100;

/** Rejects where the address cannot be listened on. */
export async function createAdmin({ listen }: AdminOptions, sources: AdminSources): Promise<Admin> {
  const server = createServer(LIMITS, (request, response) => respond(request, response, sources));
  server.maxConnections = MOST_CONNECTIONS;
  const address = await startListening(server, listen);
  // Without a listener, running out of file descriptors while accepting would end the process.
  server.on('error', () => {});
  return {
    address,
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      return promise;
    },
  };
}

function startListening(server: Server, { host, port }: AdminOptions['listen']): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>();
  server.once('error', reject);
  server.listen({ host, port }, () => {
    server.off('error', reject);
    resolve(server.address() as AddressInfo);
  });
  return promise;
}

function respond(request: IncomingMessage, response: ServerResponse, sources: AdminSources): void {
  if (sources.control?.(request, response) === true) return;
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const { status, type, body } = reads ? safeAnswer(request.url ?? '', sources) : ONLY_READS;
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  if (!reads) {
    response.setHeader('Allow', 'GET, HEAD');
    // Nobody reads the body of what is refused.
    response.setHeader('Connection', 'close');
  }
  response.end(body);
}

/** A fault in one gauge must not end the process that serves everyone else. */
function safeAnswer(url: string, sources: AdminSources): Answer {
  try {
    return answer(url, sources);
  } catch {
    return BROKEN;
  }
}

function answer(url: string, { metrics, ready }: AdminSources): Answer {
  switch (pathOf(url)) {
    case '/healthz':
      return { status: 200, type: TEXT, body: 'alive\n' };
    case '/readyz': {
      const state = ready();
      return { status: state.ready ? 200 : 503, type: JSON_TYPE, body: `${JSON.stringify(state)}\n` };
    }
    case '/metrics':
      return { status: 200, type: PROMETHEUS, body: metrics.render() };
    default:
      return { status: 404, type: TEXT, body: 'no such page\n' };
  }
}
