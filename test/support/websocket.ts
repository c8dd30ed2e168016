/**
 * WebSocket for tests: a service that echoes, on ws, a client on ws whose events
 * can be waited for, and the handshake as bytes for what no library sends.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket, WebSocketServer, type SocketOptions } from 'ws';
import { requestText } from './client.ts';
import { startUpstream, type TestUpstream } from './upstream.ts';

/** The key of RFC 6455 §1.3 and what it must be answered with. */
export const SAMPLE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const SAMPLE_ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** The 101 that answers `SAMPLE_KEY`, without its last empty line. */
export const SWITCHED = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${SAMPLE_ACCEPT}\r\n`;

export interface EchoService {
  readonly url: string;
  /** Heads of the handshakes that came. */
  readonly heads: readonly IncomingMessage[];
  /** What each connection was closed with, as its service saw it. */
  readonly closes: readonly number[];
  readonly sockets: ReadonlySet<WebSocket>;
  close(): Promise<void>;
}

/** Sends back every message as it came; chooses the subprotocol `chat` where it is offered. */
export async function startEchoService(options: { readonly perMessageDeflate?: boolean } = {}): Promise<EchoService> {
  const heads: IncomingMessage[] = [];
  const closes: number[] = [];
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    ...options,
    handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
  });
  server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    heads.push(request);
    socket.on('message', (data: Buffer, binary: boolean) => socket.send(data, { binary }));
    socket.on('close', (code: number) => closes.push(code));
    socket.on('error', () => {});
  });
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    heads,
    closes,
    sockets: server.clients,
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

export interface Client {
  readonly socket: WebSocket;
  /** The next message. */
  message(): Promise<string>;
  /** The code it was closed with; 1006 where there was no Close. */
  readonly closed: Promise<number>;
}

/** Resolves when the WebSocket is open; rejects with the status of any other answer. */
export async function openWebSocket(
  port: number,
  path: string,
  { protocols, ...options }: SocketOptions & { readonly protocols?: readonly string[] } = {},
): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols ?? [], options);
  const arrived: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const next = waiting.shift();
    if (next === undefined) arrived.push(String(data));
    else next(String(data));
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return {
    socket,
    closed,
    message: () => {
      const text = arrived.shift();
      return text === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(text);
    },
  };
}

/** Reads a handshake, whatever it says, switches, and leaves the bytes to `serve`; `first` came with the head. */
export function switchOver(socket: Socket, serve: (socket: Socket, first: Buffer) => void): void {
  let head = Buffer.alloc(0);
  socket.on('data', function read(bytes) {
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    socket.off('data', read);
    socket.write(`${SWITCHED}\r\n`);
    serve(socket, head.subarray(end + 4));
  });
}

/** A service that does so with every connection. */
export function startSwitching(serve: (socket: Socket, first: Buffer) => void): Promise<TestUpstream> {
  return startUpstream({ behaviour: (socket) => switchOver(socket, serve) });
}

/** A handshake as bytes; `headers` take the place of its own, `undefined` takes one away. */
export function handshakeText(path: string, headers: Readonly<Record<string, string | undefined>> = {}): string {
  const all = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': SAMPLE_KEY,
    ...headers,
  };
  return requestText(path, {
    headers: Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  });
}
