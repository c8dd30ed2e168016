/**
 * A value as JSON text for a log line, whatever a stranger put in it: always one
 * line, safe on a terminal, never longer than `MOST_CHARS` characters of it.
 * Plain ASCII, which nearly all of it is, costs one scan and is quoted as it is.
 */

const MOST_CHARS = 2048;
const NOT_PLAIN = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
/** What JSON leaves as it is, yet moves a terminal or a reader's eye: DEL, C1 (CSI is one), line and direction marks. */
const UNSAFE = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

export function jsonText(value: string): string {
  const text = value.length <= MOST_CHARS ? value : `${value.slice(0, MOST_CHARS)}...`;
  if (!NOT_PLAIN.test(text)) return `"${text}"`;
  // Controls, ESC among them, and lone surrogates are escaped by JSON.stringify.
  return JSON.stringify(text).replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function jsonTextOrNull(value: string | undefined): string {
  return value === undefined ? 'null' : jsonText(value);
}
