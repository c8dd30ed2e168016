/**
 * A service that does what the request asks of it, good or bad, and marks every
 * reply with the id of the request it belongs to. It checks that what it gets
 * belongs together too: target, field and every part of the body name one id.
 */
import type { Socket } from 'node:net';
import { readRequest, startUpstream, type Received, type TestUpstream } from './upstream.ts';

/** What the service may be asked to do; all but the first five leave the connection, or the reply, broken. */
export const CONDUCTS = [
  'whole',
  'chunked',
  'pieces',
  'slow',
  'early',
  'cut',
  'reset',
  'extra',
  'bye',
  'until-close',
  'gone',
] as const;
export type Conduct = (typeof CONDUCTS)[number];

export const SOUND: ReadonlySet<Conduct> = new Set(['whole', 'chunked', 'pieces', 'slow', 'early']);

/** Of fixed length, so that offsets mean the same in every exchange. */
export const markOf = (id: number): string => `id=${String(id).padStart(8, '0')};`;
export const bodyOf = (id: number): string => markOf(id).repeat(12);
export const targetOf = (id: number, conduct: Conduct, offset: number): string =>
  `/${String(id).padStart(8, '0')}/${conduct.padEnd(12, '-')}/${String(offset).padStart(4, '0')}`;

/** How long the longest reply is, so that a cut can be asked for at every byte of it. */
export const REPLY_BYTES = replyText(0, true).length;

export interface Erratic extends TestUpstream {
  /** How often each request arrived whole. */
  readonly seen: ReadonlyMap<number, number>;
}

export async function startErratic(): Promise<Erratic> {
  const seen = new Map<number, number>();
  const upstream = await startUpstream({ behaviour: (socket) => serve(socket, seen) });
  return { ...upstream, seen };
}

function serve(socket: Socket, seen: Map<number, number>): void {
  let bytes = '';
  let answered = false;
  socket.on('data', (chunk) => {
    bytes += chunk.toString('latin1');
    if (!answered && /^\S+ \/\d+\/early-/.test(bytes) && bytes.includes('\r\n\r\n')) {
      answered = true;
      socket.write(replyText(Number(bytes.split('/')[1]), false));
    }
    for (;;) {
      // Throws on anything but a request, such as the rest of another one's body.
      const request = readRequest(bytes);
      if (request === undefined) return;
      bytes = bytes.slice(request.length);
      const { id, conduct, offset } = check(request.received);
      seen.set(id, (seen.get(id) ?? 0) + 1);
      if (!answered) void answer(socket, id, conduct, offset);
      answered = false;
    }
  });
}

function check({ target, headers, body }: Received): { id: number; conduct: Conduct; offset: number } {
  const [, text, conduct, offset] = /^\/(\d{8})\/([a-z-]{12})\/(\d{4})$/.exec(target) ?? [];
  const id = Number(text);
  const named = headers.find(([name]) => name === 'X-Id')?.[1];
  if (named !== markOf(id) || (body !== '' && body !== bodyOf(id))) {
    throw new Error(`parts of two requests: ${JSON.stringify({ target, named, body })}`);
  }
  return { id, conduct: conduct!.replace(/-+$/, '') as Conduct, offset: Number(offset) };
}

/** `body` in two chunks. */
export function chunksOf(body: string): string {
  const half = body.length / 2;
  return [body.slice(0, half), body.slice(half), '']
    .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
    .join('');
}

function replyText(id: number, chunked: boolean): string {
  const body = bodyOf(id);
  if (!chunked) return `HTTP/1.1 200 OK\r\nX-Id: ${markOf(id)}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  return `HTTP/1.1 200 OK\r\nX-Id: ${markOf(id)}\r\nTransfer-Encoding: chunked\r\n\r\n${chunksOf(body)}`;
}

/**
 * Belongs to nobody. It comes in one piece with a reply: sent later, it could
 * meet the next request under way, and no reader of HTTP/1.1 could tell it from
 * that one's reply.
 */
const STOLEN = replyText(99_999_999, false);
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));

async function answer(socket: Socket, id: number, conduct: Conduct, offset: number): Promise<void> {
  const text = replyText(id, conduct === 'chunked' || (conduct !== 'until-close' && id % 2 === 0));
  switch (conduct) {
    case 'pieces':
      socket.write(text.slice(0, offset));
      await pause();
      socket.write(text.slice(offset));
      return;
    case 'slow':
      await pause();
      socket.write(text);
      return;
    case 'cut':
      socket.end(text.slice(0, offset));
      return;
    case 'reset':
      socket.write(text.slice(0, offset), () => socket.resetAndDestroy());
      return;
    case 'extra':
      socket.write(text + STOLEN);
      return;
    case 'bye':
      socket.end(text);
      return;
    case 'until-close':
      socket.end(text.replace(/Content-Length: \d+/, 'Connection: close'));
      return;
    case 'gone':
      socket.destroy();
      return;
    case 'whole':
    case 'chunked':
    case 'early':
      socket.write(text);
  }
}
