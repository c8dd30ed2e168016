/**
 * What changes something by the admin port: whoever shows no good token gets
 * nothing read of his body. Without a token in the configuration, or without
 * anything to change, there is no such page.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ControlReply, type ControlRoute, problemReply } from '../control.ts';
import type { CheckAdminToken } from './admin-token.ts';

export interface ControlOptions {
  readonly check: CheckAdminToken;
  /** Those of now. */
  readonly routes: () => readonly ControlRoute[];
  /** Called for each request without a good token. */
  readonly refused: () => void;
}

/** Answers where the request is for one of the routes; else it is somebody else's. */
export type Control = (request: IncomingMessage, response: ServerResponse) => boolean;

const MAX_BODY_BYTES = 64 * 1024;
const JSON_TYPE = /^application\/json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i;

// RFC 6750 §3.
const UNAUTHORIZED = problemReply(401, { title: 'Show the admin token' }, [
  ['WWW-Authenticate', 'Bearer realm="gatehouse admin"'],
]);
const TOO_LARGE = problemReply(413, { title: 'Body too large', detail: `at most ${MAX_BODY_BYTES} bytes` });
const NOT_JSON = problemReply(415, { title: 'Unsupported media type', detail: 'send application/json' });
const BROKEN = problemReply(500, { title: 'Internal error' });

export function createControl({ check, routes, refused }: ControlOptions): Control {
  return (request, response) => {
    const path = pathOf(request.url ?? '');
    const route = routes().find((one) => path === one.path || path.startsWith(`${one.path}/`));
    const shown = route && check(request.headers.authorization);
    if (route === undefined || shown === 'off') return false;
    if (shown === 'bad') {
      refused();
      send(response, UNAUTHORIZED, true);
    } else void answer(route, path, request, response);
    return true;
  };
}

async function answer(
  route: ControlRoute,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await readBody(request);
    if (!Buffer.isBuffer(body)) return send(response, body, true);
    const { method = '', socket } = request;
    const address = socket.remoteAddress ?? 'unknown';
    send(response, await route.answer({ method: method === 'HEAD' ? 'GET' : method, path, body, address }), false);
  } catch {
    // A caller who left hears nothing of it.
    send(response, BROKEN, true);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | ControlReply> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) return TOO_LARGE;
    pieces.push(piece);
  }
  if (bytes > 0 && !JSON_TYPE.test(request.headers['content-type'] ?? '')) return NOT_JSON;
  return Buffer.concat(pieces);
}

/** `last`: of a body nobody read the rest. */
function send(response: ServerResponse, { status, fields, body }: ControlReply, last: boolean): void {
  response.statusCode = status;
  for (const [name, value] of fields) response.setHeader(name, value);
  response.setHeader('Cache-Control', 'no-store');
  if (last) response.setHeader('Connection', 'close');
  response.end(body);
}

export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
