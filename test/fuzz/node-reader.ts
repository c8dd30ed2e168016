/**
 * What `node:http` makes of a stream of bytes, strict as it comes, without a
 * port: the server is handed streams in memory.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** A request as either of the two has read it. */
export interface Read {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Whether the end of it was seen. */
  readonly whole: boolean;
}

export interface Reading {
  readonly requests: readonly Read[];
  /** Why nothing more was read; `undefined` where the bytes ended between two requests or within a body. */
  readonly refused: string | undefined;
}

export interface NodeReader {
  read(text: string): Promise<Reading>;
  close(): void;
}

/** Node's parser behind a server that has no port. */
export function createNodeReader(): NodeReader {
  const server: Server = createServer({
    requireHostHeader: true,
    keepAliveTimeout: 0,
    requestTimeout: 0,
    headersTimeout: 0,
  });
  const inboxes = new WeakMap<object, Inbox>();
  // Nothing is answered: Node reads on all the same, and an answer could close what is still to be read.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    server.on(event, (request: IncomingMessage) => inboxes.get(request.socket)?.take(request));
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => inboxes.get(socket)?.fail(error));
  return {
    read(text) {
      const stream = new Stream();
      const inbox = createInbox(stream);
      inboxes.set(stream, inbox);
      server.emit('connection', stream as unknown as Socket);
      stream.push(Buffer.from(text, 'latin1'));
      return inbox.reading;
    },
    close: () => void server.close(),
  };
}

/** A connection whose other side takes everything and says nothing. */
class Stream extends Duplex {
  override _read(): void {}
  override _write(_bytes: Buffer, _encoding: string, done: () => void): void {
    done();
  }
  setTimeout(): void {}
}

interface Inbox {
  readonly reading: Promise<Reading>;
  take(request: IncomingMessage): void;
  fail(error: NodeJS.ErrnoException): void;
}

function createInbox(stream: Stream): Inbox {
  const taken: { request: IncomingMessage; body: string }[] = [];
  let refused: string | undefined;
  const reading = (async (): Promise<Reading> => {
    // Until a turn of the loop brings nothing new.
    for (let quiet = 0, last = -1; quiet < 2;) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = taken.length + taken.reduce((sum, { body }) => sum + body.length, 0);
      quiet = now === last ? quiet + 1 : 0;
      last = now;
    }
    const requests = taken.map(({ request, body }) => ({
      method: request.method!,
      target: request.url!,
      version: request.httpVersion,
      fields: pairs(request.rawHeaders),
      body,
      whole: request.complete,
    }));
    stream.destroy();
    return { requests, refused };
  })();
  return {
    reading,
    take(request) {
      const entry = { request, body: '' };
      taken.push(entry);
      request.on('data', (bytes: Buffer) => (entry.body += bytes.toString('latin1')));
      request.on('error', () => {});
    },
    fail(error) {
      refused ??= (error as { reason?: string }).reason ?? error.message;
    },
  };
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!.toLowerCase(), raw[2 * at + 1]!] as const);
}
