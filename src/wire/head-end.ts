/**
 * Looks for the end of a request head among bytes that may still be coming, and
 * gives up on heads that are too large or can never become one.
 */
import { refuse, type Refusal } from '../refusal.ts';
import { CR, LF } from './syntax.ts';

export interface HeadSizes {
  readonly requestLineBytes: number;
  /** The whole head, request line included. */
  readonly headBytes: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const BARE_LF = refuse('malformed_request', { detail: 'Lines must end in CRLF.' });

/** How many empty lines `held` begins with, in bytes: they are let pass (RFC 9112 §2.2). */
export function emptyLines(held: Buffer): number {
  let at = 0;
  while (held[at] === CR && held[at + 1] === LF) at += 2;
  return at;
}

/** Where the last field line ends; `undefined`: more must come. The first `searched` bytes were looked at before. */
export function findHeadEnd(held: Buffer, searched: number, sizes: HeadSizes): number | Refusal | undefined {
  const end = held.indexOf(HEAD_END, Math.max(0, searched - 3));
  if (end !== -1 && end + HEAD_END.length <= sizes.headBytes) return end + 2;
  if (held.length > sizes.headBytes) {
    const inRequestLine = held.subarray(0, sizes.requestLineBytes + 2).indexOf(CR) === -1;
    return refuse(inRequestLine ? 'uri_too_long' : 'headers_too_large');
  }
  // Nothing that comes later mends it, so nobody is kept waiting for the rest.
  return hasBareLineFeed(held, searched) ? BARE_LF : undefined;
}

function hasBareLineFeed(bytes: Buffer, from: number): boolean {
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (at === 0 || bytes[at - 1] !== CR) return true;
  }
  return false;
}
