/**
 * Reads the fields of an HTTP/2 request (RFC 9113 §8.3). What HTTP/2 alone
 * forbids is looked for here; then they are written as the head that HTTP/1.1
 * would have had, and the one strict reader judges that. So whatever a
 * translation could smuggle meets the rules and the limits of every other
 * request. Pure; costs one string more than an HTTP/1.1 head.
 */
import { refuse, Refusal } from '../refusal.ts';
import { ALLOW, readRequestHead, type HeadLimits, type RequestHead } from './request-head.ts';
import { allIn, COLON, TOKEN } from './syntax.ts';

export interface Http2HeadLimits extends HeadLimits {
  /** Of the head in its HTTP/1.1 form. */
  readonly headBytes: number;
}

/** RFC 9113 §8.2.1: as in HTTP/1.1, but for capital letters. */
const NAME = TOKEN.slice().fill(0, 0x41, 0x5b);

/** RFC 9113 §8.2.2: about a connection, of which HTTP/2 speaks in frames. */
const CONNECTION_SPECIFIC = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

const PSEUDO_FIELDS = 4;
/** What `name: value` has around it. */
const LINE_BYTES = 4;

const malformed = (detail: string): Refusal => refuse('malformed_request', { detail });

/** `fields`: names and values in turn, as they came. `ended`: there is no body. */
export function readHttp2Head(
  fields: readonly string[],
  ended: boolean,
  limits: Http2HeadLimits,
): RequestHead | Refusal {
  // Counted as they came: a cookie may be sent in any number of pieces.
  if (fields.length / 2 > limits.headFields + PSEUDO_FIELDS)
    return refuse('headers_too_large', { detail: 'Too many header fields.' });
  const pseudo = new Map<string, string>();
  let lines = '';
  let count = 0;
  let bytes = 0;
  let host: string | undefined;
  let cookie: string | undefined;
  let length: string | undefined;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    const value = fields[at + 1]!;
    bytes += name.length + value.length + LINE_BYTES;
    // Before anything is put together: an entry of the compression table may have been named many times.
    if (bytes > limits.headBytes) return refuse('headers_too_large');
    if (name.charCodeAt(0) === COLON) {
      if (at / 2 !== pseudo.size || pseudo.has(name))
        return malformed('A pseudo-header field comes twice or behind other fields.');
      pseudo.set(name, value);
      continue;
    }
    if (name === '' || !allIn(NAME, name)) return malformed('Header fields: a name is not one in lower case.');
    if (CONNECTION_SPECIFIC.has(name) || (name === 'te' && value !== 'trailers')) {
      return malformed('Header fields: one is about the connection, which HTTP/2 does not allow.');
    }
    if (name === 'cookie') {
      // RFC 9113 §8.2.3.
      cookie = cookie === undefined ? value : `${cookie}; ${value}`;
      continue;
    }
    if (name === 'host') {
      if (host !== undefined) return malformed('Two Host fields.');
      host = value;
      continue;
    }
    if (name === 'content-length') {
      if (length !== undefined) return malformed('Two Content-Length fields.');
      length = value;
      continue;
    }
    lines += `${name}: ${value}\r\n`;
    count++;
  }

  const method = pseudo.get(':method');
  const authority = pseudo.get(':authority') ?? host;
  if (method === 'CONNECT') return refuse('method_not_allowed', { headers: [['Allow', ALLOW]] });
  const path = pseudo.get(':path');
  const scheme = pseudo.get(':scheme');
  const known = pseudo.has(':authority') ? PSEUDO_FIELDS : PSEUDO_FIELDS - 1;
  if (method === undefined || path === undefined || scheme === undefined || pseudo.size !== known) {
    return malformed('The pseudo-header fields must be :method, :scheme, :path and at most :authority.');
  }
  if (scheme !== 'http' && scheme !== 'https') return malformed('The scheme must be http or https.');
  if (!path.startsWith('/') && !(path === '*' && method === 'OPTIONS')) return malformed('The target must be a path.');
  if (host !== undefined && host.toLowerCase() !== authority!.toLowerCase()) {
    return malformed('The Host field and :authority differ.');
  }

  if (authority !== undefined) {
    lines = `host: ${authority}\r\n${lines}`;
    count++;
  }
  if (cookie !== undefined) {
    lines += `cookie: ${cookie}\r\n`;
    count++;
  }
  const framing = framingOf(length, ended);
  if (framing !== '') count++;
  const text = `${method} ${path} HTTP/1.1\r\n${lines}${framing}`;
  if (text.length + 2 > limits.headBytes) return refuse('headers_too_large');
  const head = readRequestHead(Buffer.from(text, 'latin1'), text.length, limits);
  if (head instanceof Refusal) return head;
  // A line break in any of them would have made fields that nobody sent.
  if (head.names.length !== count) return malformed('Header fields: one holds a line break.');
  if (ended && head.bodyLength !== 0) return malformed('The body ended before its length.');
  return { ...head, protocol: '2.0' };
}

/** The frames tell where a body ends; a length must agree with them, and the wire sees to that. */
function framingOf(length: string | undefined, ended: boolean): string {
  // No body, it says, and leaves the stream open for one: then only the end of the stream is believed.
  if (!ended && (length === undefined || length === '0')) return 'transfer-encoding: chunked\r\n';
  return length === undefined ? '' : `content-length: ${length}\r\n`;
}
