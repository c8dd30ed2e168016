/**
 * Two readers of the same bytes: our parsers, and the strict one of `node:http`.
 * What we accept, Node must accept too, with the same method, target, version,
 * fields, body and end. What only Node accepts must be refused for one of the
 * reasons in `STRICTER`. Anything else fails, and the failing bytes are shown.
 *
 * Node reads from a stream in memory, so a case costs about 60 µs.
 */
import assert from 'node:assert/strict';
import { Refusal } from '../../src/refusal.ts';
import { ChunkedReader } from '../../src/wire/chunked.ts';
import { CHUNKED, readRequestHead } from '../../src/wire/request-head.ts';
import { createRandom, mutatedRequest } from './mutations.ts';
import { createNodeReader, type Read, type Reading } from './node-reader.ts';

const CLOSED = 'The request before closes the connection.';

/** What we refuse and Node lets through, by what we say of it, and why. */
const STRICTER: ReadonlyMap<string, string> = new Map([
  ['Two Host fields.', 'RFC 9112 §3.2 asks for 400; Node uses the first'],
  [
    'The host is not a name or an address with an optional port.',
    'RFC 9112 §3.2 asks for 400; Node does not look at it',
  ],
  ['The Host field is not valid.', 'the same, beside an absolute target'],
  [
    'The target must be a path.',
    'RFC 9112 §3.2.3, §3.2.4: only CONNECT and OPTIONS have another form; Node hands on `*`, `a:80` and `?x`',
  ],
  [
    'The request target holds a character that no target may hold.',
    'RFC 3986 §2: Node lets bytes over 127 and `#` through',
  ],
  ['The only transfer coding served is chunked.', 'RFC 9112 §6.1: Node takes any list that ends in chunked'],
  [
    'Content-Length must be one plain decimal number.',
    'one spelling for a length: Node takes leading zeros, and other proxies read those as octal',
  ],
  ['The only expectation served is 100-continue.', 'RFC 9110 §10.1.1: Node finds 100-continue within other text'],
  ['Two Expect fields.', 'one expectation has one reading'],
  [
    'Connection holds something other than names.',
    'RFC 9110 §7.6.1: Node looks for the words it knows and skips the rest',
  ],
  [
    'Connection names a field that must be passed on.',
    'an origin server forwards nothing, so nominations mean nothing to Node',
  ],
  [
    'Header fields: a field name imitates a framing field.',
    '`Transfer_Encoding` is an ordinary name to Node, and framing to servers that map `_` to `-`',
  ],
  ['a field name imitates a framing field', 'the same, in a trailer'],
  ['A GET request may not have a body.', 'what CL.0 attacks are made of'],
  ['A HEAD request may not have a body.', 'the same'],
  ['A OPTIONS request may not have a body.', 'the same'],
  [
    'The request line must end in HTTP/1.1 or HTTP/1.0.',
    'RFC 9112 §2.3: Node also reads HTTP/0.9 and HTTP/2.0 behind a target',
  ],
  ['No Host field.', 'Node refuses it too, and then serves what stands behind it'],
  ['The method is not one.', 'RFC 9112 §2.2: Node skips any number of bare CR and LF in front of a request'],
  [
    'The request line must be: method, target, HTTP/1.1.',
    'RFC 9112 §3: Node takes several spaces between target and version',
  ],
  ['Transfer-Encoding in HTTP/1.0.', 'RFC 9112 §6.1: such framing is to be taken for faulty'],
  ['Two Transfer-Encoding fields.', 'Node joins them, and the last coding is chunked'],
  ['Lines must end in CRLF.', 'Node takes the first line for HTTP/0.9'],
  [CLOSED, 'RFC 9112 §9.3: close wins; in HTTP/1.0 Node lets a keep-alive beside it win'],
  ['the trailer section is too long', 'a limit of ours'],
  ['method_not_allowed', 'methods are the ones that are served'],
  ['uri_too_long', 'a limit of ours'],
  ['headers_too_large', 'a limit of ours'],
]);

const TRAILERS = 'Trailers that name a field of framing or of the connection.';

/** What Node refuses and we let through, by what Node says of it. */
const LAXER: ReadonlyMap<string, string> = new Map([
  ['Invalid character in chunk extensions', 'extensions are dropped, whatever they say, and only counted'],
  ['Invalid character in chunk extensions name', 'the same'],
  ['Invalid character in chunk extensions value', 'the same'],
  ['Invalid character in chunk extensions quoted value', 'the same'],
  ['Invalid character in chunk extensions quote value', 'the same'],
  ['Invalid quoted-pair in chunk extensions quoted value', 'the same'],
  [TRAILERS, 'RFC 9110 §6.5.1: dropped, whatever they say; Node reads them as if they stood in the head'],
  [
    'Request has invalid `Transfer-Encoding`',
    'RFC 9112 §5.1: a tab behind `chunked` is no part of the value; Node takes spaces off, not tabs',
  ],
  ['Data after `Connection: close`', 'in HTTP/1.0 Node misses a keep-alive behind two spaces'],
]);

/** No reason: what is read out of half a head is a disagreement. */
const INCOMPLETE = 'the head has not come whole';

const LIMITS = { requestLineBytes: 8192, headFields: 100, headBytes: 16_384 };
/** Streams under way at once, so that their ticks are shared. */
const AT_ONCE = 64;

export interface DifferentialCount {
  readonly cases: number;
  /** Requests that both read, and read as the same. */
  readonly agreed: number;
  /** Streams that one of the two refused and the other did not, by reason. */
  readonly differences: ReadonlyMap<string, number>;
}

/** Throws on the first disagreement that no reason covers. */
export async function fuzzDifferential(seed: number, cases: number): Promise<DifferentialCount> {
  const random = createRandom(seed);
  const node = createNodeReader();
  const differences = new Map<string, number>();
  let agreed = 0;
  for (let done = 0; done < cases; done += AT_ONCE) {
    const texts = Array.from({ length: Math.min(AT_ONCE, cases - done) }, () => mutatedRequest(random));
    const theirs = await Promise.all(texts.map((text) => node.read(text)));
    for (const [at, text] of texts.entries()) {
      const ours = readAll(text);
      const difference = within(text, () => compare(ours, theirs[at]!));
      agreed += ours.requests.length;
      if (difference === undefined) continue;
      const { who, reason } = difference;
      const known = (who === 'ours' ? STRICTER : LAXER).has(reason);
      assert.ok(known, `refused by ${who} alone: ${reason}\n${JSON.stringify(text)}`);
      differences.set(`${who}: ${reason}`, (differences.get(`${who}: ${reason}`) ?? 0) + 1);
    }
  }
  node.close();
  return { cases, agreed, differences };
}

interface Difference {
  readonly reason: string;
  readonly who: 'ours' | 'theirs';
}

/** A request as we read it, and the names of its trailers. */
interface OurRead extends Read {
  readonly trailers: readonly string[];
}

interface OurReading extends Reading {
  readonly requests: readonly OurRead[];
}

/** Throws where both read on and read differently; else says which of the two refused what the other did not. */
function compare(ours: OurReading, theirs: Reading): Difference | undefined {
  const { length } = ours.requests;
  const refusedByNode = (reason: string): Difference => ({ who: 'theirs', reason: inTrailers(ours, reason) });
  for (const [at, { trailers: _, ...request }] of ours.requests.entries()) {
    const other = theirs.requests[at];
    // Refused by Node before the end that we saw.
    if (theirs.refused !== undefined && (other === undefined || (request.whole && !other.whole))) {
      return refusedByNode(theirs.refused);
    }
    assert.ok(other !== undefined, 'a request that Node did not see');
    if (request.whole) assert.deepEqual(other, request);
    // A body that one of the two refused in the middle: how far the other got with it is looked at below.
    else {
      assert.deepEqual({ ...other, body: '', whole: false }, { ...request, body: '' });
      if (ours.refused === undefined && theirs.refused === undefined) assert.equal(other.body, request.body);
      else assert.ok(request.body.startsWith(other.body) || other.body.startsWith(request.body), 'two bodies');
    }
  }
  const last = ours.requests.at(-1);
  const broken = last !== undefined && !last.whole;
  if (ours.refused === undefined) {
    assert.equal(theirs.requests.length, length, 'a request that we did not see');
    // Half a body: Node may know already what we shall say when it is whole.
    return theirs.refused === undefined || broken ? undefined : refusedByNode(theirs.refused);
  }
  const further = broken ? theirs.requests[length - 1]!.whole : theirs.requests.length > length;
  return further ? { who: 'ours', reason: ours.refused } : undefined;
}

/** Node says of such trailers what it would say of the same fields in a head. */
function inTrailers({ requests }: OurReading, reason: string): string {
  const names = requests.flatMap(({ trailers }) => trailers);
  const framing = names.some((name) => /^(?:content-length|transfer-encoding|connection)$/.test(name));
  return framing && /Content-Length|Transfer-Encoding|Connection/.test(reason) ? TRAILERS : reason;
}

/** Adds the bytes to what went wrong with them. */
function within<T>(text: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new Error(`read in two ways: ${JSON.stringify(text)}`, { cause: error });
  }
}

/** Reads a stream as a connection from a caller does. */
function readAll(text: string): OurReading {
  const requests: OurRead[] = [];
  let bytes = Buffer.from(text, 'latin1');
  for (;;) {
    if (bytes.length === 0) return { requests, refused: undefined };
    if (bytes[0] === 0x0d && bytes[1] === 0x0a) bytes = bytes.subarray(2);
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1 || end + 4 > LIMITS.headBytes) {
      return {
        requests,
        refused: end === -1 && bytes.length <= LIMITS.headBytes ? incomplete(bytes) : 'headers_too_large',
      };
    }
    const head = readRequestHead(bytes, end + 2, LIMITS);
    if (head instanceof Refusal)
      return { requests, refused: head.code === 'malformed_request' ? head.detail : head.code };
    bytes = bytes.subarray(end + 4);
    let body = '';
    let whole = true;
    let fault: string | undefined;
    let trailers: readonly string[] = [];
    if (head.bodyLength === CHUNKED) {
      const reader = new ChunkedReader();
      const stopped = reader.read(bytes, 0);
      body += reader.data.toString('latin1');
      ({ done: whole, fault } = reader);
      trailers = reader.trailers?.names ?? [];
      bytes = bytes.subarray(stopped);
    } else {
      whole = head.bodyLength <= bytes.length;
      body = bytes.toString('latin1', 0, Math.min(bytes.length, head.bodyLength));
      bytes = bytes.subarray(body.length);
    }
    const target = head.text.slice(head.method.length + 1, head.text.indexOf(' ', head.method.length + 1));
    const fields = head.names.map((name, at) => [name, head.values[at]!] as const);
    requests.push({ method: head.method, target, version: head.http10 ? '1.0' : '1.1', fields, body, whole, trailers });
    if (!whole) return { requests, refused: fault };
    if (!head.keepAlive) return { requests, refused: CLOSED };
  }
}

/** A head that has not come whole: refused already when a line ends in a bare LF. */
function incomplete(bytes: Buffer): string {
  return /(?:^|[^\r])\n/.test(bytes.toString('latin1')) ? 'Lines must end in CRLF.' : INCOMPLETE;
}
