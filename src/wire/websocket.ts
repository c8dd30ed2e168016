/**
 * The opening handshake of WebSocket (RFC 6455 §4), both halves: what a caller
 * asks for, and whether the service's 101 is an answer to exactly that. Pure. A
 * 101 that is let through wrongly is a tunnel past every check, so each rule is
 * looked at here though the two ends look as well.
 */
import { createHash } from 'node:crypto';
import { refuse, type Refusal } from '../refusal.ts';
import { fieldsOf, type Request } from '../request.ts';
import { TRANSFER_ENCODING } from './fields.ts';
import type { ReplyHead } from './reply-head.ts';
import { allIn, TOKEN } from './syntax.ts';

export const WEBSOCKET = 'websocket';

/** Field lines that ask for the switch, and that tell of it. */
export const UPGRADE_LINES = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

export interface Handshake {
  /** What the service must answer the caller's key with. */
  readonly accept: string;
  /** Subprotocols offered. */
  readonly protocols: readonly string[];
  /** Names of the extensions offered, lower-case. */
  readonly extensions: readonly string[];
}

const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** 16 bytes in base64: the last character has no bits to spare. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

const OTHER_VERSION = refuse('upgrade_required', {
  detail: 'The only version of WebSocket served is 13.',
  headers: [
    ['Connection', 'Upgrade'],
    ['Upgrade', WEBSOCKET],
    ['Sec-WebSocket-Version', '13'],
  ],
});
const BAD_KEY = refuse('malformed_request', { detail: 'Sec-WebSocket-Key must be 16 bytes in base64, once.' });
const BAD_PROTOCOLS = refuse('malformed_request', { detail: 'Sec-WebSocket-Protocol must be a list of tokens.' });

/** Of a request whose `upgrade` is `websocket`. */
export function readHandshake(request: Pick<Request, 'names' | 'values'>): Handshake | Refusal {
  const versions = fieldsOf(request, 'sec-websocket-version');
  if (versions.length !== 1 || versions[0] !== '13') return OTHER_VERSION;
  const [key, ...more] = fieldsOf(request, 'sec-websocket-key');
  if (key === undefined || more.length > 0 || !KEY.test(key)) return BAD_KEY;
  const protocols = listOf(request, 'sec-websocket-protocol');
  if (!protocols.every((name) => allIn(TOKEN, name))) return BAD_PROTOCOLS;
  return { accept: acceptOf(key), protocols, extensions: extensionsOf(request) };
}

/** What is wrong with a 101 as the answer to `handshake`, if anything is. */
export function handshakeFault(handshake: Handshake, { text, section, contentLength, nominated }: ReplyHead) {
  if (!text.startsWith('HTTP/1.1')) return 'it switched protocols in HTTP/1.0';
  // RFC 9110 §8.6, RFC 9112 §6.1: a 101 has no body, and no way to say that it has.
  if (contentLength !== undefined || section.kinds.includes(TRANSFER_ENCODING)) return 'its 101 announces a body';
  const upgrade = fieldsOf(section, 'upgrade');
  if (upgrade.length !== 1 || upgrade[0]!.toLowerCase() !== WEBSOCKET || nominated?.has('upgrade') !== true) {
    return 'it switched to another protocol than asked';
  }
  const accept = fieldsOf(section, 'sec-websocket-accept');
  if (accept.length !== 1 || accept[0] !== handshake.accept) return 'its Sec-WebSocket-Accept does not fit the key';
  const protocol = fieldsOf(section, 'sec-websocket-protocol');
  if (protocol.length > 1 || !protocol.every((name) => handshake.protocols.includes(name))) {
    return 'it chose a subprotocol that was not offered';
  }
  if (!extensionsOf(section).every((name) => handshake.extensions.includes(name))) {
    return 'it chose an extension that was not offered';
  }
  return undefined;
}

function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + KEY_SUFFIX)
    .digest('base64');
}

/** `permessage-deflate; client_max_window_bits` is the extension `permessage-deflate`. */
function extensionsOf(fields: Pick<Request, 'names' | 'values'>): string[] {
  return listOf(fields, 'sec-websocket-extensions').map((item) => item.split(';', 1)[0]!.trim().toLowerCase());
}

function listOf(fields: Pick<Request, 'names' | 'values'>, name: string): string[] {
  return fieldsOf(fields, name)
    .flatMap((value) => value.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
