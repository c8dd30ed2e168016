/**
 * The characters of HTTP/1.1 as look-up tables over one byte. Heads are read as
 * latin1 text, so that a character is a byte and what goes out is what came in.
 */

function table(...ranges: readonly (readonly [from: number, to: number])[]): Uint8Array {
  const allowed = new Uint8Array(256);
  for (const [from, to] of ranges) allowed.fill(1, from, to + 1);
  return allowed;
}

function characters(text: string): (readonly [number, number])[] {
  return Array.from(text, (character) => [character.charCodeAt(0), character.charCodeAt(0)] as const);
}

const DIGIT = [0x30, 0x39] as const;
const UPPER = [0x41, 0x5a] as const;
const LOWER = [0x61, 0x7a] as const;

/** RFC 9110 §5.6.2: method, field name, and the like. */
export const TOKEN = table(DIGIT, UPPER, LOWER, ...characters("!#$%&'*+-.^_`|~"));

/** RFC 9110 §5.5: visible characters, space, tab and obs-text. Neither CR, LF, NUL nor any other control. */
export const FIELD_VALUE = table([0x09, 0x09], [0x20, 0x7e], [0x80, 0xff]);

/** What may stand in a request target: visible ASCII but `#`, which no target has (RFC 9112 §3.2). */
export const TARGET = table([0x21, 0x22], [0x24, 0x7e]);

/** RFC 3986 §3.2.2 reg-name and IPv4address, without escapes: an escaped host names nothing that an unescaped one does not. */
export const HOST_NAME = table(DIGIT, UPPER, LOWER, ...characters('-._~'));

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;

/** One spelling of a length (RFC 9110 §8.6): no sign, no leading zero, nothing that a double cannot hold. */
export const LENGTH = /^(?:0|[1-9][0-9]{0,14})$/;

export function isOws(code: number): boolean {
  return code === SP || code === HTAB;
}

/** Whether every character from `from` up to `to` is in `allowed`. */
export function allIn(allowed: Uint8Array, text: string, from = 0, to: number = text.length): boolean {
  for (let at = from; at < to; at++) if (allowed[text.charCodeAt(at)] !== 1) return false;
  return true;
}
