/**
 * Reads a field section (RFC 9112 §5) strictly: no folding, no space before the
 * colon, no bare CR or LF, no control character. What is refused here is never
 * repaired. One pass over the text; about 1 ns a character.
 */
import { allIn, CR, FIELD_VALUE, isOws, LF, TOKEN } from './syntax.ts';

/** Names the wire itself acts on, as small numbers; every other name is `ORDINARY`. */
export const ORDINARY = 0;
export const HOST = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const CONNECTION = 4;
export const EXPECT = 5;
export const TE = 6;
/** About this connection and no other (RFC 9110 §7.6.1): never forwarded. */
export const HOP_BY_HOP = 7;

const KNOWN: ReadonlyMap<string, number> = new Map([
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['connection', CONNECTION],
  ['expect', EXPECT],
  ['te', TE],
  ['keep-alive', HOP_BY_HOP],
  ['proxy-connection', HOP_BY_HOP],
  ['proxy-authorization', HOP_BY_HOP],
  ['proxy-authenticate', HOP_BY_HOP],
  ['trailer', HOP_BY_HOP],
  ['upgrade', HOP_BY_HOP],
  ['http2-settings', HOP_BY_HOP],
]);

/** `Transfer_Encoding` and its like: a server that maps `_` and `.` to `-` would take them for framing. */
const FOLDS_TO_FRAMING = /^[^a-z0-9]*(?:transfer[^a-z0-9]*encoding|content[^a-z0-9]*length)[^a-z0-9]*$/;

export interface FieldSection {
  /** Lower-case. */
  readonly names: string[];
  readonly values: string[];
  /** What the wire makes of each name: `ORDINARY`, `HOST`, … */
  readonly kinds: number[];
  /** Where each line begins in `text`; one more than there are fields, the last being the end. */
  readonly starts: number[];
  /** False as soon as one line was not exactly `Name: value`: then lines are written anew instead of copied. */
  canonical: boolean;
}

export function emptySection(): FieldSection {
  return { names: [], values: [], kinds: [], starts: [], canonical: true };
}

/**
 * Reads the fields of `text` from `at` up to `end`, where `end` is behind the
 * CRLF of the last line. Returns what is wrong, or `undefined`.
 */
export function readFields(text: string, from: number, end: number, section: FieldSection): string | undefined {
  const { names, values, kinds, starts } = section;
  let at = from;
  while (at < end) {
    const start = at;
    let kindOfCharacter = 0;
    let seen = 0;
    while ((kindOfCharacter = TOKEN[text.charCodeAt(at)]!) > 0) {
      seen |= kindOfCharacter;
      at++;
    }
    if (at === start) return 'a field line must begin with its name';
    if (text.charCodeAt(at) !== 0x3a) return 'a field name must be a token followed at once by a colon';
    const name = text.slice(start, at).toLowerCase();
    at++;
    const colonEnd = at;
    while (isOws(text.charCodeAt(at))) at++;
    const valueStart = at;
    let code = text.charCodeAt(at);
    while (FIELD_VALUE[code] === 1) code = text.charCodeAt(++at);
    if (code !== CR || text.charCodeAt(at + 1) !== LF)
      return 'a field value holds a control character or a bare line break';
    let valueEnd = at;
    while (valueEnd > valueStart && isOws(text.charCodeAt(valueEnd - 1))) valueEnd--;
    // Anything but one space before and none behind is re-written, so that no peer sees an odd spelling.
    if (valueStart !== colonEnd + 1 || text.charCodeAt(colonEnd) !== 0x20 || valueEnd !== at) section.canonical = false;
    at += 2;
    if (seen > 1 && FOLDS_TO_FRAMING.test(name)) return 'a field name imitates a framing field';
    names.push(name);
    values.push(text.slice(valueStart, valueEnd));
    kinds.push(KNOWN.get(name) ?? ORDINARY);
    starts.push(start);
  }
  starts.push(at);
  return undefined;
}

/**
 * The fields of `section` that are neither framing, hop-by-hop nor nominated by
 * `Connection`, and that `drop` does not name; as text, in order, as they came.
 */
export function keptFields(
  text: string,
  section: FieldSection,
  nominated: ReadonlySet<string> | undefined,
  drop: (name: string) => boolean,
): string {
  const { names, values, kinds, starts } = section;
  let kept = '';
  let runStart = -1;
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    const keep = (kinds[index] === ORDINARY || kinds[index] === HOST) && nominated?.has(name) !== true && !drop(name);
    if (!section.canonical) {
      if (keep) kept += `${name}: ${values[index]}\r\n`;
      continue;
    }
    // Neighbours are copied as one piece of the text.
    if (keep) {
      if (runStart === -1) runStart = starts[index]!;
    } else if (runStart !== -1) {
      kept += text.slice(runStart, starts[index]);
      runStart = -1;
    }
  }
  return runStart === -1 ? kept : kept + text.slice(runStart, starts[names.length]);
}

/** The names that `Connection` nominates (RFC 9110 §7.6.1), lower-case. */
export function nominatedNames(value: string): Set<string> | string {
  const names = new Set<string>();
  for (const part of value.split(',')) {
    const name = part.trim().toLowerCase();
    if (name === '') continue;
    if (!allIn(TOKEN, name)) return 'Connection holds something other than names';
    names.add(name);
  }
  return names;
}
