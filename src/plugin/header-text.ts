/**
 * Any text as a header value that holds it whole: visible ASCII as it is, `%`
 * and all else as the percent-encoded bytes of its UTF-8. Injective, so equal
 * values mean equal texts. A space is encoded too: trimmed or joined on the
 * way, it would make two texts one. Costs one test of the text where nothing
 * needs encoding.
 */
const PLAIN = /^[!-$&-~]*$/;

export function encodeText(text: string): string {
  return PLAIN.test(text) ? text : encode(text);
}

/** The same, with the comma that stands between the items of a list encoded inside one. */
export function encodeListItem(text: string): string {
  return encodeText(text).replaceAll(',', '%2C');
}

function encode(text: string): string {
  let encoded = '';
  for (const character of text) {
    const point = character.codePointAt(0)!;
    encoded += point >= 0x21 && point <= 0x7e && point !== PERCENT ? character : percentBytes(point);
  }
  return encoded;
}

const PERCENT = 0x25;

/**
 * UTF-8 by hand, because Node's encoder makes one replacement character of every
 * lone surrogate, and two subjects would share a header. Each gets the three
 * bytes that its number would have; no valid text has those.
 */
function percentBytes(point: number): string {
  if (point < 0x80) return percent(point);
  const last = percent(0x80 | (point & 0x3f));
  if (point < 0x800) return percent(0xc0 | (point >> 6)) + last;
  const third = percent(0x80 | ((point >> 6) & 0x3f)) + last;
  if (point < 0x10000) return percent(0xe0 | (point >> 12)) + third;
  return percent(0xf0 | (point >> 18)) + percent(0x80 | ((point >> 12) & 0x3f)) + third;
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
