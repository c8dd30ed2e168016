/**
 * Services of other make behind the gateway, each on a free port of loopback:
 * Node's own server, nginx and HAProxy. Every one answers with the request line
 * it has read, and keeps a line of it whether or not the request was good.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathOf } from '../../scripts/parts.ts';

export interface Server {
  readonly url: string;
  /** `METHOD TARGET` of everything it took for a request, in order; something else for what it could not read. */
  lines(): readonly string[];
  stop(): Promise<void>;
}

export async function startNodeServer(): Promise<Server> {
  const lines: string[] = [];
  const server = createHttpServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const line = `${request.method} ${request.url}`;
    lines.push(line);
    request.resume().on('end', () => response.end(line));
    request.on('error', () => {});
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lines: () => lines,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Behind it stands a second server, so that it waits for bodies to be whole. */
export function startNginx(): Promise<Server> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return startProgram('nginx', ['-c'], (folder, port) => [
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error;
events { worker_connections 1024; }
http {
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  log_format line "$request_method $request_uri"; access_log ${folder}/log line;
  keepalive_timeout 60; keepalive_requests 1000000; client_max_body_size 0;
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://unix:${folder}/socket; } }
  server { listen unix:${folder}/socket; access_log off; location / { return 200 "$request_method $request_uri"; } }
}
`,
    () => readFileSync(join(folder, 'log'), 'utf8'),
  ]);
}

export function startHaproxy(): Promise<Server> {
  return startProgram('haproxy', ['-db', '-f'], (_folder, port) => [
    `global
  log stdout format raw local0
defaults
  mode http
  log global
  option dontlognull
  timeout client 60s
  timeout server 60s
  timeout connect 1s
frontend service
  bind 127.0.0.1:${port}
  option http-buffer-request
  log-format "%HM %HU"
  http-request return status 200 content-type text/plain lf-string "%[method] %[pathq]"
`,
    undefined,
  ]);
}

/** `configure` gives the text of the configuration, and where the lines are read if not from stdout. */
async function startProgram(
  program: 'nginx' | 'haproxy',
  args: readonly string[],
  configure: (folder: string, port: number) => readonly [text: string, log: (() => string) | undefined],
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), `gatehouse-${program}-`));
  const port = await freePort();
  const [text, log] = configure(folder, port);
  const file = join(folder, 'configuration');
  writeFileSync(file, text);
  const child = spawn(pathOf(program)!, [...args, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stdout.on('data', (bytes) => (out += String(bytes)));
  child.stderr.on('data', (bytes) => (said += String(bytes)));
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${program} did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    url: `http://127.0.0.1:${port}`,
    lines: () => (log?.() ?? out).split('\n').slice(0, -1),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
