/** Node's own HTTP/2 client, for what a good caller sees; hostile ones are made by the frame. */
import { connect } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import type { Problem } from './client.ts';

type ResponseHeaders = IncomingHttpHeaders & IncomingHttpStatusHeader;

export interface Http2Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Of interim replies, in order. */
  readonly interim: readonly ResponseHeaders[];
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
  json<T = Problem>(): T;
}

export interface Http2Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface Http2Client {
  readonly session: ClientHttp2Session;
  /** Rejects where the stream is reset. */
  ask(path: string, options?: Http2Ask): Promise<Http2Reply>;
  /** A request whose body the test sends itself. */
  open(path: string, options?: Http2Ask): ClientHttp2Stream;
  close(): void;
}

export interface Http2ClientOptions {
  /** TLS, trusting this certificate; without it cleartext with prior knowledge. */
  readonly ca?: string;
}

/** Over it Node's client resets its own streams; what a test has yet to send counts, too. */
const OWN_MB = 1000;

/** Opens a session to `port` on loopback. */
export async function connectHttp2(port: number, { ca }: Http2ClientOptions = {}): Promise<Http2Client> {
  const session =
    ca === undefined
      ? connect(`http://127.0.0.1:${port}`, { maxSessionMemory: OWN_MB })
      : connect(`https://127.0.0.1:${port}`, { ca, servername: 'gateway.test', maxSessionMemory: OWN_MB });
  await new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve());
    session.once('error', reject);
  });
  session.on('error', () => {});

  function open(path: string, { method = 'GET', headers = {}, body }: Http2Ask = {}): ClientHttp2Stream {
    const fields = { ':path': path, ':method': method, ':authority': 'gateway.test', ...headers };
    return session.request(fields, { endStream: body === undefined });
  }

  return {
    session,
    open,
    ask: (path, options = {}) => {
      const stream = open(path, options);
      const reply = replyOn(stream);
      if (options.body !== undefined) stream.end(options.body);
      return reply;
    },
    close: () => session.destroy(),
  };
}

/** What comes on `stream`; rejects where it is reset. */
export function replyOn(stream: ClientHttp2Stream): Promise<Http2Reply> {
  return new Promise((resolve, reject) => {
    const interim: ResponseHeaders[] = [];
    const pieces: Buffer[] = [];
    let headers: ResponseHeaders | undefined;
    let trailers: IncomingHttpHeaders = {};
    stream.on('headers', (fields: ResponseHeaders) => interim.push(fields));
    stream.on('response', (fields) => (headers = fields));
    stream.on('trailers', (fields) => (trailers = fields));
    stream.on('data', (bytes: Buffer) => pieces.push(bytes));
    stream.on('error', reject);
    stream.on('close', () => {
      if (headers === undefined || stream.rstCode !== 0) return reject(new Error(`reset: ${stream.rstCode}`));
      const body = Buffer.concat(pieces).toString('latin1');
      const status = Number(headers[':status']);
      resolve({ status, headers, interim, trailers, body, json: <T>() => JSON.parse(body) as T });
    });
  });
}
