/**
 * Reads a field section (RFC 9112 §5) strictly: no folding, no space before the
 * colon, no bare CR or LF, no control character. What is refused here is never
 * repaired. One pass over the text; about 1 ns a character.
 */
import { allIn, COLON, CR, FIELD_VALUE, isOws, LF, SP, TOKEN } from './syntax.ts';

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
/** The same, and acted on. */
export const UPGRADE = 8;

const ACTED_ON: ReadonlyMap<string, number> = new Map([
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
  ['upgrade', UPGRADE],
  ['http2-settings', HOP_BY_HOP],
]);

/** `Transfer_Encoding` and its like: a server that maps `_` and `.` to `-` would take them for framing. */
const FOLDS_TO_FRAMING = /^[^a-z0-9]*(?:transfer[^a-z0-9]*encoding|content[^a-z0-9]*length)[^a-z0-9]*$/;

const PLAIN_NAME = /^[a-z0-9-]+$/;

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

interface FieldName {
  readonly name: string;
  readonly kind: number;
  readonly imitatesFraming: boolean;
}

/**
 * Names as they were spelt. Callers send few of them, over and over: found here,
 * a name costs no lower-casing, and is the same string every time. Bounded, so
 * that strangers can only fill it, not grow it.
 */
const SEEN_NAMES = new Map<string, FieldName>();
const MOST_SEEN = 4096;
const LONGEST_SEEN = 64;

function fieldName(spelt: string): FieldName {
  const seen = SEEN_NAMES.get(spelt);
  if (seen !== undefined) return seen;
  const name = spelt.toLowerCase();
  const read = {
    name,
    kind: ACTED_ON.get(name) ?? ORDINARY,
    imitatesFraming: !PLAIN_NAME.test(name) && FOLDS_TO_FRAMING.test(name),
  };
  // A slice would keep the head alive that it was cut from.
  if (SEEN_NAMES.size < MOST_SEEN && spelt.length <= LONGEST_SEEN) SEEN_NAMES.set(Buffer.from(spelt).toString(), read);
  return read;
}

/**
 * Reads the fields in `bytes` from `from` up to `end`, which is behind the CRLF
 * of the last line. `text` is the same bytes as latin1. Returns what is wrong,
 * or `undefined`.
 */
export function readFields(
  bytes: Uint8Array,
  text: string,
  { from, end }: { from: number; end: number },
  section: FieldSection,
): string | undefined {
  const { names, values, kinds, starts } = section;
  let at = from;
  while (at < end) {
    const start = at;
    while (TOKEN[bytes[at]!] === 1) at++;
    if (at === start) return 'a field line must begin with its name';
    if (bytes[at] !== COLON) return 'a field name must be a token followed at once by a colon';
    const { name, kind, imitatesFraming } = fieldName(text.slice(start, at));
    if (imitatesFraming) return 'a field name imitates a framing field';
    at++;
    const colonEnd = at;
    while (isOws(bytes[at]!)) at++;
    const valueStart = at;
    while (FIELD_VALUE[bytes[at]!] === 1) at++;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return 'a field value holds a control character or a bare line break';
    let valueEnd = at;
    while (valueEnd > valueStart && isOws(bytes[valueEnd - 1]!)) valueEnd--;
    // Anything but one space before and none behind is re-written, so that no peer sees an odd spelling.
    if (valueStart !== colonEnd + 1 || bytes[colonEnd] !== SP || valueEnd !== at) section.canonical = false;
    at += 2;
    names.push(name);
    values.push(text.slice(valueStart, valueEnd));
    kinds.push(kind);
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
    const kind = kinds[index];
    const keep = (kind === ORDINARY || kind === HOST) && nominated?.has(name) !== true && !drop(name);
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

export interface ConnectionOptions {
  readonly keepAlive: boolean;
  /** The names that are about this connection too (RFC 9110 §7.6.1), lower-case. */
  readonly nominated: ReadonlySet<string> | undefined;
}

const KEEP: ConnectionOptions = { keepAlive: true, nominated: undefined };
const CLOSE: ConnectionOptions = { keepAlive: false, nominated: undefined };

/** Reads the `Connection` fields, joined by commas, with the version's default (RFC 9112 §9.3). A string says what is wrong. */
export function connectionOptions(value: string | undefined, http10: boolean): ConnectionOptions | string {
  if (value === undefined) return http10 ? CLOSE : KEEP;
  if (value === 'keep-alive') return KEEP;
  if (value === 'close') return CLOSE;
  const nominated = new Set<string>();
  for (const part of value.split(',')) {
    const name = part.trim().toLowerCase();
    if (name === '') continue;
    if (!allIn(TOKEN, name)) return 'Connection holds something other than names';
    nominated.add(name);
  }
  return { keepAlive: !nominated.has('close') && (!http10 || nominated.has('keep-alive')), nominated };
}
