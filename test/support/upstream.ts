/**
 * Test upstreams on real sockets. The default one reads requests strictly,
 * keeps their raw bytes, and echoes what it received as JSON; others behave as
 * a test tells them, byte by byte.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A request as it reached the upstream. */
export interface Received {
  readonly method: string;
  readonly target: string;
  /** In order and as spelt. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface TestUpstream {
  readonly port: number;
  readonly url: string;
  /** Every request that came, whole. */
  readonly received: Received[];
  /** Connections accepted so far. */
  connections(): number;
  /** Of these, still open. */
  open(): number;
  close(): Promise<void>;
}

/** Serves one connection as a test wants; `socket` errors are swallowed. */
export type Behaviour = (socket: Socket, number: number) => void;

export interface UpstreamOptions {
  /** Takes the place of the echo. */
  readonly behaviour?: Behaviour;
  /** What the echo adds to its reply head, as field lines ended by CRLF. */
  readonly replyHeaders?: string;
  readonly port?: number;
  /** An address of loopback; 127.0.0.1 unless a test says otherwise. */
  readonly host?: string;
}

export async function startUpstream(options: UpstreamOptions = {}): Promise<TestUpstream> {
  const { host = '127.0.0.1' } = options;
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    const number = accepted++;
    if (options.behaviour !== undefined) return options.behaviour(socket, number);
    echo(socket, received, options.replyHeaders ?? '');
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host}:${port}`,
    received,
    connections: () => accepted,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function echo(socket: Socket, received: Received[], replyHeaders: string): void {
  let bytes = '';
  socket.on('data', (chunk) => {
    bytes += chunk.toString('latin1');
    for (;;) {
      const request = readRequest(bytes);
      if (request === undefined) return;
      bytes = bytes.slice(request.length);
      received.push(request.received);
      const { method, target, headers, body } = request.received;
      const json = JSON.stringify({ method, target, headers, body });
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n${replyHeaders}\r\n` +
          (method === 'HEAD' ? '' : json),
      );
    }
  });
}

/** Reads one request strictly; throws on anything a gateway must not have sent. */
export function readRequest(bytes: string): { received: Received; length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [requestLine, ...lines] = bytes.slice(0, headEnd).split('\r\n');
  const [, method, target] = /^([A-Z]+) ([!-~]+) HTTP\/1\.1$/.exec(requestLine!) ?? [];
  if (method === undefined) throw new Error(`the gateway sent a bad request line: ${JSON.stringify(requestLine)}`);
  const headers = lines.map((line) => {
    const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([\t -~\x80-\xff]*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`the gateway sent a bad field line: ${JSON.stringify(line)}`);
    return [name, value!] as const;
  });
  const valueOf = (name: string) => headers.find(([other]) => other.toLowerCase() === name)?.[1];
  let at = headEnd + 4;
  let body = '';
  if (valueOf('transfer-encoding') === 'chunked') {
    for (;;) {
      const lineEnd = bytes.indexOf('\r\n', at);
      if (lineEnd === -1) return undefined;
      const size = Number.parseInt(bytes.slice(at, lineEnd), 16);
      if (bytes.length < lineEnd + 2 + size + 2) return undefined;
      body += bytes.slice(lineEnd + 2, lineEnd + 2 + size);
      at = lineEnd + 2 + size + 2;
      if (size === 0) break;
    }
  } else {
    const length = Number(valueOf('content-length') ?? 0);
    if (bytes.length < at + length) return undefined;
    body = bytes.slice(at, at + length);
    at += length;
  }
  return { received: { method, target: target!, headers, body }, length: at };
}
