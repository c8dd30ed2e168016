/**
 * Messages that are nearly right, made from a seed: good requests and replies
 * put through mutators that know what parsers get wrong. The same seed gives the
 * same bytes on every machine.
 */

/** Numbers from 0 up to 1, by mulberry32. */
export type Random = () => number;

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

const REQUESTS = [
  'GET /a?b=c HTTP/1.1\r\nHost: a.test\r\nX-One: 1\r\n\r\n',
  'HEAD / HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, X-One\r\nX-One: 1\r\n\r\n',
  'POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello',
  'PUT /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-T: 1\r\n\r\n',
  'POST /p HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc',
  'GET http://b.test/x HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\nConnection: TE\r\n\r\n',
  'DELETE /d%2e/../e HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a.test\r\nOrigin: https://x.test\r\nAccess-Control-Request-Method: GET\r\n\r\n',
  'GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.test\r\n\r\n',
];

const REPLIES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.0 200 OK\r\n\r\nuntil close',
  'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc',
];

/** Pieces that have meant different things to different parsers. */
const TRICKS = [
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Transfer-Encoding: xchunked\r\n',
  'Transfer-Encoding:\tchunked\r\n',
  'Transfer_Encoding: chunked\r\n',
  'Transfer-Encoding: chunked, identity\r\n',
  'Content-Length: 3\r\n',
  'Content-Length: +3\r\n',
  'Content-Length: 3, 3\r\n',
  'Content-Length: 0x3\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Host: other.test\r\n',
  'Connection: close\r\n',
  'Connection: content-length\r\n',
  'Connection: Host, Transfer-Encoding\r\n',
  'Expect: 100-continue\r\n',
  'Upgrade: websocket\r\n',
  ' folded: yes\r\n',
  '\tfolded\r\n',
  ': no name\r\n',
  'no colon\r\n',
  'X-User-ID: evil\r\n',
  'X_User_ID: evil\r\n',
  '0\r\n\r\n',
  'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n',
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\r\n\r\n',
  '\n\n',
  '\u0085',
  '\u00a0',
  '\u000b',
  'ffffffffffffffff\r\n',
  '%00',
  '%2f..%2f',
];

const MUTATORS: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => insert(text, random, pick(random, TRICKS)),
  (text, random) => insertLine(text, random, pick(random, TRICKS)),
  (text, random) => insertLine(text, random, pick(random, TRICKS)),
  (text, random) => insert(text, random, String.fromCharCode(Math.floor(random() * 256))),
  (text, random) => remove(text, random, 1 + Math.floor(random() * 3)),
  (text, random) => {
    const at = Math.floor(random() * text.length);
    return (
      text.slice(0, at) +
      String.fromCharCode(text.charCodeAt(at) ^ (1 << Math.floor(random() * 8))) +
      text.slice(at + 1)
    );
  },
  (text, random) => {
    const from = Math.floor(random() * text.length);
    const piece = text.slice(from, from + Math.floor(random() * 40));
    return insert(text, random, piece);
  },
  (text, random) => text.replaceAll('\r\n', () => (random() < 0.2 ? '\n' : '\r\n')),
  (text, random) => text.slice(0, Math.floor(random() * text.length)),
  (text, random) => text.replace(/\d+/, () => pick(random, ['0', '00', '1', '-1', '5 ', '2147483648', '1e1', ''])),
  (text, random) =>
    text.replace(/\n[A-Za-z-]{1,40}:/, (name) => (random() < 0.5 ? name.toUpperCase() : name.toLowerCase())),
  (text, random) => insert(text, random, 'A'.repeat(Math.floor(random() * 20_000))),
  (text, random) => text + pick(random, REQUESTS),
];

export function mutatedRequest(random: Random): string {
  return mutated(pick(random, REQUESTS), random);
}

export function mutatedReply(random: Random): string {
  return mutated(pick(random, REPLIES), random);
}

function mutated(text: string, random: Random): string {
  const count = random() < 0.6 ? 1 : 2 + Math.floor(random() * 2);
  let result = text;
  for (let done = 0; done < count; done++) result = pick(random, MUTATORS)(result, random);
  return result;
}

function insert(text: string, random: Random, piece: string): string {
  const at = Math.floor(random() * (text.length + 1));
  return text.slice(0, at) + piece + text.slice(at);
}

/** At the beginning of a line, where it can be taken for one. */
function insertLine(text: string, random: Random, piece: string): string {
  const starts = [0];
  for (let at = text.indexOf('\r\n'); at !== -1; at = text.indexOf('\r\n', at + 2)) starts.push(at + 2);
  const at = pick(random, starts);
  return text.slice(0, at) + piece + text.slice(at);
}

function remove(text: string, random: Random, count: number): string {
  const at = Math.floor(random() * text.length);
  return text.slice(0, at) + text.slice(at + count);
}
