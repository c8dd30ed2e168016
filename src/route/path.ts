/**
 * The one place where a path is put in normal form (RFC 3986 §6.2.2): escapes of
 * unreserved characters decoded once, the others in upper-case hex, dot segments
 * resolved. Routes are matched on this form and this form is forwarded, so the
 * service cannot read another path than the one the policy was looked up for.
 * Whatever two servers may read in two ways is refused instead of repaired.
 * A path that is already normal costs one scan and comes back as it is.
 */

const CLEAN = 1;
const SLASH = 2;
const DOT = 3;
const ESCAPE = 4;

/** By character code; 0 is refused. `;` is a pchar, but servers cut it off the segment (`..;/`) or do not. */
const KIND = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~!$&'()*+,=:@") {
  KIND[char.charCodeAt(0)] = CLEAN;
}
KIND[0x2f] = SLASH;
KIND[0x2e] = DOT;
KIND[0x25] = ESCAPE;

/** RFC 3986 §2.3: the same character, written plainly or escaped. */
const UNRESERVED = /^[A-Za-z0-9._~-]$/;

/** Escapes that some server decodes into a separator, a second escape or a path parameter: `/ \ % ;`. */
const AMBIGUOUS = new Set([0x2f, 0x5c, 0x25, 0x3b]);

/** The normal form of `rawPath`, or `undefined` where it is malformed or ambiguous. Idempotent. */
export function normalizePath(rawPath: string): string | undefined {
  if (rawPath.charCodeAt(0) !== 0x2f) return undefined;
  let escaped = false;
  let dotted = false;
  let afterSlash = false;
  for (let at = 0; at < rawPath.length; at++) {
    switch (KIND[rawPath.charCodeAt(at)] ?? 0) {
      case CLEAN:
        afterSlash = false;
        break;
      case SLASH:
        // An empty segment: some services merge `//`, others do not.
        if (afterSlash) return undefined;
        afterSlash = true;
        break;
      case DOT:
        dotted ||= afterSlash;
        afterSlash = false;
        break;
      case ESCAPE:
        escaped = true;
        afterSlash = false;
        break;
      default:
        return undefined;
    }
  }
  if (!escaped) return dotted ? removeDotSegments(rawPath) : rawPath;
  const decoded = decodeUnreserved(rawPath);
  // `%2e` may just have become a dot, so the segments are looked at after decoding.
  return decoded === undefined ? undefined : removeDotSegments(decoded);
}

function decodeUnreserved(path: string): string | undefined {
  let result = '';
  let at = 0;
  while (at < path.length) {
    if (path.charCodeAt(at) !== 0x25) {
      result += path.charAt(at++);
      continue;
    }
    const byte = escapeAt(path, at);
    if (byte >= 0x80) {
      const length = sequenceLength(path, at, byte);
      if (length === 0) return undefined;
      result += path.slice(at, at + 3 * length).toUpperCase();
      at += 3 * length;
      continue;
    }
    // Bad escapes are -1; controls could end a line or a C string further on.
    if (byte < 0x20 || byte === 0x7f || AMBIGUOUS.has(byte)) return undefined;
    const char = String.fromCharCode(byte);
    result += UNRESERVED.test(char) ? char : path.slice(at, at + 3).toUpperCase();
    at += 3;
  }
  return result;
}

/** The byte escaped at `at`, or -1. */
function escapeAt(path: string, at: number): number {
  if (path.charCodeAt(at) !== 0x25) return -1;
  const high = hexDigit(path.charCodeAt(at + 1));
  const low = hexDigit(path.charCodeAt(at + 2));
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** How many escapes make the UTF-8 character begun by `lead` (RFC 3629 §4); 0 where it is overlong, a surrogate or cut. */
function sequenceLength(path: string, at: number, lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const second = escapeAt(path, at + 3);
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let index = 2; index < length; index++) {
    const byte = escapeAt(path, at + 3 * index);
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return length;
}

/** RFC 3986 §5.2.4, but a path that climbs above the root is refused rather than held at it. */
function removeDotSegments(path: string): string | undefined {
  const kept: string[] = [];
  const segments = path.split('/');
  for (let index = 1; index < segments.length; index++) {
    const segment = segments[index] ?? '';
    if (segment !== '.' && segment !== '..') {
      kept.push(segment);
      continue;
    }
    if (segment === '..' && kept.pop() === undefined) return undefined;
    // `/a/.` and `/a/b/..` name a folder: the slash at the end stays.
    if (index === segments.length - 1) kept.push('');
  }
  return `/${kept.join('/')}`;
}
