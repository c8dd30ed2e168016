/**
 * Ten targets that do what they are told: answer, refuse, reset, hang, trickle,
 * fail at a rate. On a thread of their own; each counts the requests it gets.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

export const CONDUCTS = [
  'answers',
  'refuses',
  'resets',
  'accepts and closes',
  'hangs before the head',
  'hangs in the body',
  'trickles',
  'answers 500',
  'answers 503 half of the time',
  'is slow',
] as const;
export type Conduct = (typeof CONDUCTS)[number];

const TARGETS = 10;
const BODY = '{"order":"1001","status":"shipped"}';
const SLOW_MS = 2000;

export interface FaultyService {
  readonly ports: readonly number[];
  /** The first `count` do `conduct`, the others answer. */
  set(count: number, conduct: Conduct): Promise<void>;
  /** Requests that each target got since it was last asked. */
  counts(): Promise<number[]>;
  stop(): Promise<number>;
}

export async function startFaultyService(): Promise<FaultyService> {
  const worker = new Worker(new URL(import.meta.url));
  const answer = <T>(): Promise<T> => new Promise((resolve) => worker.once('message', resolve));
  const ports = await answer<number[]>();
  return {
    ports,
    async set(count, conduct) {
      worker.postMessage({ count, conduct });
      await answer();
    },
    counts() {
      worker.postMessage('counts');
      return answer<number[]>();
    },
    stop: () => worker.terminate(),
  };
}

interface Wish {
  readonly count: number;
  readonly conduct: Conduct;
}

interface Target {
  server: Server;
  port: number;
  conduct: Conduct;
  requests: number;
  readonly sockets: Set<Socket>;
}

async function serve(): Promise<void> {
  const targets: Target[] = [];
  for (let at = 0; at < TARGETS; at++) {
    const target: Target = { server: createServer(), port: 0, conduct: 'answers', requests: 0, sockets: new Set() };
    await open(target);
    targets.push(target);
  }
  async function become({ count, conduct }: Wish): Promise<void> {
    for (const [at, target] of targets.entries()) {
      const next = at < count ? conduct : 'answers';
      if (next === target.conduct) continue;
      target.conduct = next;
      // What hung hangs no more, and what is to refuse must be closed.
      for (const socket of target.sockets) socket.destroy();
      if (next === 'refuses') await new Promise((resolve) => target.server.close(resolve));
      else if (!target.server.listening) await open(target);
    }
    parentPort!.postMessage('set');
  }
  parentPort!.on('message', (message: 'counts' | Wish) => {
    if (message === 'counts') {
      parentPort!.postMessage(targets.map(({ requests }) => requests));
      for (const target of targets) target.requests = 0;
    } else void become(message);
  });
  parentPort!.postMessage(targets.map(({ port }) => port));
}

async function open(target: Target): Promise<void> {
  target.server = createServer({ noDelay: true }, (socket) => {
    target.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => target.sockets.delete(socket));
    if (target.conduct === 'accepts and closes') socket.destroy();
    socket.on('data', () => {
      target.requests++;
      act(socket, target.conduct);
    });
  });
  await new Promise<void>((resolve) => target.server.listen(target.port, '127.0.0.1', resolve));
  target.port = (target.server.address() as AddressInfo).port;
}

function act(socket: Socket, conduct: Conduct): void {
  switch (conduct) {
    case 'resets':
      return void socket.resetAndDestroy();
    case 'hangs before the head':
    case 'refuses':
    case 'accepts and closes':
      return;
    case 'hangs in the body':
      return void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY.slice(0, 9)}`);
    case 'trickles':
      return trickle(socket, reply(200), 0);
    case 'answers 500':
      return void socket.write(reply(500));
    case 'answers 503 half of the time':
      return void socket.write(reply(Math.random() < 0.5 ? 503 : 200));
    case 'is slow':
      return void setTimeout(() => socket.write(reply(200)), SLOW_MS);
    case 'answers':
      return void socket.write(reply(200));
  }
}

function trickle(socket: Socket, text: string, at: number): void {
  if (at >= text.length || socket.destroyed) return;
  socket.write(text[at]!);
  setTimeout(() => trickle(socket, text, at + 1), 200);
}

function reply(status: number): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
}

if (!isMainThread) await serve();
