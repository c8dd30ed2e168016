/**
 * A client that sends bytes as they are and reads replies strictly: what a test
 * of an edge case needs and no HTTP library lets through.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';

export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** Lower-case names; a name that came twice is joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
  /** As they came. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  json<T = Problem>(): T;
}

/** What a refusal says (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly reason?: string;
  readonly request_id: string;
}

export interface RawConnection {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** The next reply, interim ones included. `method`: of the request it answers. Rejects when the connection ends before it is whole. */
  reply(method?: string): Promise<Reply>;
  /** Everything received and not yet read as a reply, once the other side has closed. */
  ended(): Promise<string>;
  close(): void;
}

export interface SecureConnection extends RawConnection {
  readonly socket: TLSSocket;
}

const PATIENCE_MS = 45_000;

/** Opens a connection to `port` on loopback. */
export async function connectRaw(port: number, host = '127.0.0.1'): Promise<RawConnection> {
  const socket = connect({ port, host, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return speakOver(socket);
}

/** The same over TLS; rejects where the handshake fails. */
export async function connectSecure(port: number, options: ConnectionOptions = {}): Promise<SecureConnection> {
  const socket = connectTls({ port, host: '127.0.0.1', servername: 'gateway.test', ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    // Not every refusal is an error to Node.
    socket.once('close', () => reject(new Error('closed')));
  });
  return { ...speakOver(socket), socket };
}

function speakOver(socket: Socket): RawConnection {
  let received = Buffer.alloc(0);
  let closed = false;
  let failure: Error | undefined;
  let wake: () => void = () => {};
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    wake();
  });
  socket.on('error', (error) => (failure = error));
  socket.on('end', () => {
    closed = true;
    wake();
  });
  socket.on('close', () => {
    closed = true;
    wake();
  });
  const more = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  async function until<T>(read: () => T | undefined): Promise<T> {
    // A hang must become a failure that says what it waited for.
    const giveUp = setTimeout(() => socket.destroy(new Error(`nothing more in ${PATIENCE_MS} ms`)), PATIENCE_MS);
    try {
      for (;;) {
        const value = read();
        if (value !== undefined) return value;
        if (closed) {
          const sample = JSON.stringify(received.toString('latin1').slice(0, 300));
          throw new Error(`the connection ended: ${failure?.message ?? ''} ${sample}`);
        }
        await more();
      }
    } finally {
      clearTimeout(giveUp);
    }
  }

  const take = (count: number): string => {
    const text = received.toString('latin1', 0, count);
    received = received.subarray(count);
    return text;
  };

  return {
    socket,
    send: (bytes) => void socket.write(bytes, 'latin1'),
    async reply(method = 'GET') {
      const headEnd = await until(() => {
        const at = received.indexOf('\r\n\r\n');
        return at === -1 ? undefined : at + 4;
      });
      const [statusLine, ...lines] = take(headEnd).slice(0, -4).split('\r\n');
      const [, status, reason] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(statusLine!) ?? [];
      if (status === undefined) throw new Error(`not a status line: ${statusLine}`);
      const rawHeaders = lines.map((line) => {
        const [, name, value] = /^([^:\s]+): ?(.*)$/.exec(line) ?? [];
        if (name === undefined) throw new Error(`not a field line: ${JSON.stringify(line)}`);
        return [name, value!] as const;
      });
      const headers = new Map<string, string>();
      for (const [name, value] of rawHeaders) {
        const key = name.toLowerCase();
        headers.set(key, headers.has(key) ? `${headers.get(key)}, ${value}` : value);
      }
      const code = Number(status);
      let body = '';
      if (method !== 'HEAD' && code >= 200 && code !== 204 && code !== 304) {
        if (headers.get('transfer-encoding') === 'chunked') body = await readChunks();
        else if (headers.has('content-length')) {
          const length = Number(headers.get('content-length'));
          await until(() => (received.length >= length ? true : undefined));
          body = take(length);
        } else {
          while (!closed) await more();
          body = take(received.length);
        }
      }
      return { status: code, reason: reason!, headers, rawHeaders, body, json: <T>() => JSON.parse(body) as T };
    },
    async ended() {
      while (!closed) await more();
      return take(received.length);
    },
    close: () => void socket.destroy(),
  };

  async function readChunks(): Promise<string> {
    let body = '';
    for (;;) {
      const lineEnd = await until(() => {
        const at = received.indexOf('\r\n');
        return at === -1 ? undefined : at;
      });
      const size = Number.parseInt(take(lineEnd + 2), 16);
      if (Number.isNaN(size)) throw new Error('not a chunk size');
      if (size === 0) {
        // Trailers, up to the empty line.
        for (;;) {
          const end = await until(() => (received.indexOf('\r\n') === -1 ? undefined : received.indexOf('\r\n')));
          if (take(end + 2) === '\r\n') return body;
        }
      }
      await until(() => (received.length >= size + 2 ? true : undefined));
      body += take(size);
      if (take(2) !== '\r\n') throw new Error('a chunk is not as long as it says');
    }
  }
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly body?: string;
}

/** One request on a connection of its own; interim replies are passed over. */
export async function ask(port: number, path: string, options: Ask = {}): Promise<Reply> {
  const connection = await connectRaw(port);
  try {
    connection.send(requestText(path, options));
    for (;;) {
      const reply = await connection.reply(options.method);
      if (reply.status >= 200) return reply;
    }
  } finally {
    connection.close();
  }
}

/** A request as bytes; `Host` and `Content-Length` are added where they are missing. */
export function requestText(path: string, { method = 'GET', headers = {}, body }: Ask = {}): string {
  const lines = (Array.isArray(headers) ? [...headers] : Object.entries(headers)) as [string, string][];
  if (!lines.some(([name]) => name.toLowerCase() === 'host')) lines.unshift(['Host', 'gateway.test']);
  if (body !== undefined) lines.push(['Content-Length', String(Buffer.byteLength(body, 'latin1'))]);
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body ?? ''}`;
}
