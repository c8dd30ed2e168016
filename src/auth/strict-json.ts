/**
 * JSON read so that no two readers can disagree: `JSON.parse` decides the
 * grammar, one pass over the text then refuses what parsers answer differently
 * (RFC 7493): a member given twice, also by way of an escape; a lone
 * surrogate; a number that a double cannot hold, such as `1e400` or an integer
 * past 2^53; bytes that are not UTF-8; a BOM. Linear in the text; only paid
 * when a token is verified or keys are fetched.
 */

/** Deeper than any claim in use, and far from any stack's end. */
const MAX_DEPTH = 32;

// `ignoreBOM` keeps a BOM in the text, where the grammar refuses it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The object that the bytes spell, or `undefined` if they do not strictly spell one. */
export function readJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  let text: string;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return isUnambiguous(text) ? (value as Record<string, unknown>) : undefined;
}

/** `text` is known to be JSON, so this only has to find its strings, numbers and brackets. */
function isUnambiguous(text: string): boolean {
  // For each open bracket: the member names seen, or `undefined` in an array.
  const open: (Set<string> | undefined)[] = [];
  let nameExpected = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const end = endOfString(text, at);
      const string = decodeString(text.slice(at, end));
      if (string === undefined) return false;
      if (nameExpected) {
        const names = open.at(-1)!;
        if (names.size === names.add(string).size) return false;
        nameExpected = false;
      }
      at = end - 1;
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      open.push(char === OPEN_BRACE ? new Set() : undefined);
      if (open.length > MAX_DEPTH) return false;
      nameExpected = char === OPEN_BRACE;
    } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      open.pop();
      nameExpected = false;
    } else if (char === COMMA) {
      nameExpected = open.at(-1) !== undefined;
    } else if (char === MINUS || (char >= ZERO && char <= NINE)) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)![0];
      if (Math.abs(Number(number)) > Number.MAX_SAFE_INTEGER) return false;
      at += number.length - 1;
    }
  }
  return true;
}

const [QUOTE, BACKSLASH, COMMA, MINUS, ZERO, NINE] = [0x22, 0x5c, 0x2c, 0x2d, 0x30, 0x39];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];
const NUMBER = /[-+.eE\d]+/y;

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let char = text.charCodeAt(at); char !== QUOTE; char = text.charCodeAt(at)) at += char === BACKSLASH ? 2 : 1;
  return at + 1;
}

function decodeString(quoted: string): string | undefined {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  const string = JSON.parse(quoted) as string;
  return string.isWellFormed() ? string : undefined;
}
