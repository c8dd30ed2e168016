/**
 * Request smuggling as data: every shape is a stream of bytes that two servers
 * may cut into requests in two ways. After the families of PortSwigger's lists,
 * of defparam/smuggler and the HTTP Garden, and what else follows from the
 * grammar. What a shape would smuggle is a request to `/smuggled/ID`; what it
 * is sent as goes to `/s/ID`.
 */
export interface Shape {
  readonly id: string;
  readonly family: string;
  readonly bytes: string;
}

const shapes: Shape[] = [];

/** Adds one shape; `build` gets the path it is sent to and the request it hides. */
function add(family: string, build: (path: string, hidden: string) => string): void {
  const id = `${shapes.length}`;
  shapes.push({ id, family, bytes: build(`/s/${id}`, `GET /smuggled/${id} HTTP/1.1\r\nHost: a.test\r\n\r\n`) });
}

interface Message {
  readonly method?: string;
  readonly version?: string;
  /** In front of Host: field lines without their last CRLF. */
  readonly first?: string;
}

function message(
  path: string,
  lines: readonly string[],
  body: string,
  { method, version, first }: Message = {},
): string {
  const head = [`${method ?? 'POST'} ${path} HTTP/${version ?? '1.1'}`, ...(first === undefined ? [] : [first])];
  return `${[...head, 'Host: a.test', ...lines].join('\r\n')}\r\n\r\n${body}`;
}

const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;
const LAST = '0\r\n\r\n';

/** For who minds the length alone one body; for who minds the chunks an empty one, and the hidden request. */
const clTe = (
  path: string,
  hidden: string,
  lines: (length: string) => readonly string[],
  options?: Message,
): string => {
  const body = LAST + hidden;
  return message(path, lines(`Content-Length: ${body.length}`), body, options);
};
/** For who minds the chunks one body; for who minds the length a short one, and the hidden request. */
const teCl = (
  path: string,
  hidden: string,
  lines: (length: string) => readonly string[],
  options?: Message,
): string => {
  const body = chunk(hidden) + LAST;
  return message(path, lines(`Content-Length: ${body.indexOf('\r\n') + 2}`), body, options);
};

const TE = 'Transfer-Encoding: chunked';

// Both fields, both ways round, and what may stand around them.
for (const build of [clTe, teCl]) {
  const family = build === clTe ? 'CL.TE' : 'TE.CL';
  for (const te of [TE, 'transfer-encoding: chunked', 'Transfer-Encoding:chunked', 'Transfer-Encoding: CHUNKED']) {
    add(family, (path, hidden) => build(path, hidden, (length) => [length, te]));
    add(family, (path, hidden) => build(path, hidden, (length) => [te, length]));
    add(family, (path, hidden) => build(path, hidden, (length) => [te, 'X-A: b', length]));
    add(family, (path, hidden) => build(path, hidden, (length) => [length], { first: te }));
    add(family, (path, hidden) => build(path, hidden, (length) => [`Connection: Content-Length`, length, te]));
    add(family, (path, hidden) => build(path, hidden, (length) => [`Connection: Transfer-Encoding`, length, te]));
    add(family, (path, hidden) => build(path, hidden, (length) => [length, te], { version: '1.0' }));
    add(family, (path, hidden) => build(path, hidden, (length) => [te, length, te]));
    add(family, (path, hidden) => build(path, hidden, (length) => [length, te, length]));
  }
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE', 'PROPFIND']) {
    add(family, (path, hidden) => build(path, hidden, (length) => [length, TE], { method }));
  }
}

// Transfer-Encoding that one of two servers does not recognise.
const CODES = [...Array.from({ length: 0x21 }, (_, at) => at), ...Array.from({ length: 0x81 }, (_, at) => 0x7f + at)];
const MUTATIONS: readonly ((character: string) => string)[] = [
  (character) => `Transfer-Encoding:${character}chunked`,
  (character) => `Transfer-Encoding${character}: chunked`,
  (character) => `${character}Transfer-Encoding: chunked`,
  (character) => `Transfer-Encoding: chunked${character}`,
  (character) => `X-A: b${character}Transfer-Encoding: chunked`,
  (character) => `Transfer-Encoding: chunked${character}X-A: b`,
  (character) => `X-A: b\r${character}Transfer-Encoding: chunked`,
  (character) => `X-A: b${character}\nTransfer-Encoding: chunked`,
  (character) => `Transfer-Encoding: chunked\r${character}X-A: b`,
  (character) => `Transfer-Encoding: chunked${character}\nX-A: b`,
  (character) => `Transfer${character}Encoding: chunked`,
];
for (const mutate of MUTATIONS) {
  for (const code of CODES) {
    const te = mutate(String.fromCharCode(code));
    add('TE.TE, one character', (path, hidden) => clTe(path, hidden, (length) => [length, te]));
  }
}
const TE_LINES = [
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunkedx',
  'Transfer-Encoding: chunk',
  'Transfer-Encoding: x, chunked',
  'Transfer-Encoding: chunked, x',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: cow',
  'Transfer-Encoding: cow, chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: chunked; a',
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: 'chunked'",
  'Transfer-Encoding: chun\u212aed',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding:\r\n\tchunked',
  'Transfer-Encoding: x\r\n chunked',
  'Transfer-Encoding:\n chunked',
  'Transfer-Encoding\r\n : chunked',
  'Transfer-Encoding\n: chunked',
  'X-A: b\r\n Transfer-Encoding: chunked',
  'X-A: b\nTransfer-Encoding: chunked',
  'X-A: b\rTransfer-Encoding: chunked',
  'X-A: b\r\n\rTransfer-Encoding: chunked',
  'Transfer_Encoding: chunked',
  'Transfer.Encoding: chunked',
  'Transfer Encoding: chunked',
  'Transfer-Encoding;: chunked',
  'Transfer-Encoding = chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
  'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding:',
  'Transfer-Encoding:\r\nTransfer-Encoding: chunked',
  'TRANSFER-ENCODING: chunked',
  'tRANSFER-eNCODING: cHUNKED',
  'Content-Encoding: chunked',
  'TE: chunked',
  '"Transfer-Encoding": chunked',
  'Transfer-\u00ad Encoding: chunked',
  'Transfer-Encoding: chunked\u0000',
  'Transfer-Encoding\u0000: chunked',
  ': x\r\nTransfer-Encoding: chunked',
  'X\r\nTransfer-Encoding: chunked',
];
for (const te of TE_LINES) {
  add('TE.TE, other lines', (path, hidden) => clTe(path, hidden, (length) => [length, te]));
  add('TE.TE, other lines', (path, hidden) => teCl(path, hidden, (length) => [te, length]));
  add('TE.TE, other lines', (path, hidden) => clTe(path, hidden, (length) => [length], { first: te }));
  // Without a length: who does not recognise the coding sees no body at all.
  add('TE.TE, other lines', (path, hidden) => message(path, [te], chunk(hidden) + LAST));
  add('TE.TE, other lines', (path, hidden) => message(path, [te], chunk(hidden) + LAST, { version: '1.0' }));
}

// Lengths that are read in two ways.
const spellings = (length: number): string[] => [
  `+${length}`,
  `-${length}`,
  `0${length}`,
  `000000${length}`,
  `0x${length.toString(16)}`,
  `${length}.0`,
  `${length}e0`,
  `${length},`,
  `,${length}`,
  `${length}, ${length}`,
  `0, ${length}`,
  `${length}, 0`,
  `${length} 0`,
  `0 ${length}`,
  `${length};`,
  `"${length}"`,
  `${length}\u0000`,
  `${length}\u000b`,
  `\u000b${length}`,
  `\u00a0${length}`,
  `${length}\u00a0`,
  `${length}_0`,
  `${BigInt(length) + 2n ** 32n}`,
  `${BigInt(length) + 2n ** 64n}`,
  `\r\n ${length}`,
  `0\r\n ${length}`,
  `${length}\r\n 0`,
];
for (const at of spellings(1).keys()) {
  const line = (length: number): string => `Content-Length: ${spellings(length)[at]!}`;
  add('CL, spellings', (path, hidden) => message(path, [line(hidden.length)], hidden));
  add('CL, spellings', (path, hidden) => message(path, [`Content-Length: 0`, line(hidden.length)], hidden));
  add('CL, spellings', (path, hidden) => message(path, [line(hidden.length), 'Content-Length: 0'], hidden));
}
for (const [one, other] of [
  ['0', 'n'],
  ['n', '0'],
  ['n', 'n'],
  ['n', ''],
  ['', 'n'],
] as const) {
  for (const name of [
    'Content-Length',
    'content-length',
    'Content-Length ',
    'Content_Length',
    ' Content-Length',
    'Content-Length\t',
    'X-A: b\nContent-Length',
    'X-A: b\rContent-Length',
  ]) {
    const value = (length: number, which: string): string => which.replace('n', `${length}`);
    add('CL.CL', (path, hidden) =>
      message(
        path,
        [`Content-Length: ${value(hidden.length, one)}`, `${name}: ${value(hidden.length, other)}`],
        hidden,
      ),
    );
  }
}

// A length that one of two ignores: for its place, its name, its method, or because it answers first.
for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE', 'CONNECT', 'POST', 'PUT']) {
  for (const options of [{ method }, { method, version: '1.0' }]) {
    add('CL.0', (path, hidden) => message(path, [`Content-Length: ${hidden.length}`], hidden, options));
    add('CL.0', (path, hidden) => message(path, [TE], chunk(hidden) + LAST, options));
    add('CL.0', (path, hidden) =>
      message(path, [`Content-Length: ${hidden.length}`, 'Connection: close'], hidden, options),
    );
  }
  add('CL.0', (path, hidden) =>
    message(path, [`Content-Length: ${hidden.length}`, 'Expect: 100-continue'], hidden, { method }),
  );
  add('CL.0', (path, hidden) =>
    message(path, [`Content-Length: ${hidden.length}`, 'Connection: Upgrade', 'Upgrade: websocket'], hidden, {
      method,
    }),
  );
  add('CL.0', (path, hidden) =>
    message(
      path,
      [
        `Content-Length: ${hidden.length}`,
        'Connection: Upgrade, HTTP2-Settings',
        'Upgrade: h2c',
        'HTTP2-Settings: AAMAAABk',
      ],
      hidden,
      { method },
    ),
  );
}
const IGNORED = [
  'Content-Length : <n>',
  'Content-Length\t: <n>',
  ' Content-Length: <n>',
  '\tContent-Length: <n>',
  'Content_Length: <n>',
  'Content Length: <n>',
  'Content-Length;: <n>',
  'Content-Length\u0000: <n>',
  'X-A: b\r\n Content-Length: <n>',
  'X-A: b\nContent-Length: <n>',
  'X-A: b\rContent-Length: <n>',
  'Content-Length:\r\n <n>',
  'Content-Length:\u000b<n>',
  'Connection: Content-Length\r\nContent-Length: <n>',
  '\u00a0Content-Length: <n>',
  'Content-Length: <n>\rX: y',
  'Proxy-Content-Length: <n>',
  'Content-Length',
  'Content-Length:',
];
for (const line of IGNORED) {
  for (const method of ['POST', 'GET']) {
    add('0.CL', (path, hidden) => message(path, [line.replace('<n>', `${hidden.length}`)], hidden, { method }));
    add('0.CL', (path, hidden) =>
      message(path, [], hidden, { method, first: line.replace('<n>', `${hidden.length}`) }),
    );
  }
}
// Answered before the body is read: a path that is refused, and an expectation.
add('0.CL', (path, hidden) => message(`${path}/%00`, [`Content-Length: ${hidden.length}`], hidden));
add('0.CL', (path, hidden) => message(`${path}//`, [`Content-Length: ${hidden.length + 10_000}`], hidden));
for (const expect of [
  '100-continue',
  'y 100-continue',
  '100-continue, 100-continue',
  '100-continue;q',
  ':\t100-continue',
  '\r\n 100-continue',
]) {
  add('0.CL', (path, hidden) => message(path, [`Expect: ${expect}`, `Content-Length: ${hidden.length}`], hidden));
  add('0.CL', (path, hidden) => message(path, [`Expect: ${expect}`, TE], chunk(hidden) + LAST));
}

const chunked = (path: string, body: string): string => message(path, [TE], body);

// What stands behind a `;`, and what may end it.
for (const extension of [
  '',
  'a',
  'a=b',
  'a="b"',
  'a="\\r\\n"',
  'a\n',
  'a\r',
  '\n',
  '\r',
  '\rX',
  '\r\r',
  '\n\n',
  'a=\n',
  'a="\n',
  '\u0000',
  '\u000b',
  '[',
  ' ',
  '\t',
  '\u0085',
  'a'.repeat(20_000),
]) {
  for (const separator of [';', ' ;', '; ', '\t;', ',', ' ', '%3b']) {
    // Who ends the line at the trick sees a chunk of two bytes that holds the size of the next.
    add('chunk extensions', (path, hidden) =>
      chunked(path, `2${separator}${extension}\r\nxx\r\n${chunk(hidden)}${LAST}`),
    );
    add('chunk extensions', (path, hidden) => chunked(path, `0${separator}${extension}\r\n\r\n${hidden}`));
  }
}

// Sizes that some counter cannot hold, or some parser reads another way.
for (const size of [
  '0x2',
  '+2',
  '-2',
  '-0',
  ' 2',
  '\t2',
  '2 ',
  '2\t',
  '02',
  '0000000000000002',
  '00000000000000000000002',
  '2_',
  '2h',
  '2.0',
  '2,',
  '"2"',
  '',
  ' ',
  '10000000000000002',
  '100000002',
  'ffffffffffffffff',
  'fffffffffffffffe',
  '8000000000000002',
  '7fffffffffffffff',
  '\u00b2',
  '2\u0000',
  '\u00002',
  '2\u000b',
  '0b2',
  '2e0',
  '\n2',
  '\r2',
  '\r\n2',
]) {
  add('chunk sizes', (path, hidden) => chunked(path, `${size}\r\nxx\r\n${chunk(hidden)}${LAST}`));
  add('chunk sizes', (path, hidden) => chunked(path, `${size}\r\nxx\r\n${LAST}${hidden}`));
  add('chunk sizes', (path, hidden) => chunked(path, `2\r\nxx\r\n${size.replace('2', '0')}\r\n\r\n${hidden}`));
}

// Line ends within the coding.
for (const size of ['\r\n', '\n', '\r', '\r\r\n', '\n\r', '\r\n\n', '\r ', '\u2028']) {
  for (const data of ['\r\n', '\n', '\r', '', 'XX', '\r\r\n', '\n\r', '\r\nX']) {
    if (size === '\r\n' && data === '\r\n') continue;
    add('chunk line ends', (path, hidden) => chunked(path, `2${size}xx${data}${chunk(hidden)}${LAST}`));
    add('chunk line ends', (path, hidden) => chunked(path, `2${size}xx${data}0\r\n\r\n${hidden}`));
    add('chunk line ends', (path, hidden) => chunked(path, `2\r\nxx\r\n0${size}${data}${hidden}`));
  }
}
for (const longer of [1, 2, 3, -1, -2]) {
  add('chunk line ends', (path, hidden) =>
    chunked(path, `${(hidden.length + longer).toString(16)}\r\n${hidden}\r\n${LAST}`),
  );
}

// Trailers: merged into the head they would change what was decided.
for (const trailer of [
  'Content-Length: <n>',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Host: evil.test',
  'Connection: close',
  'Connection: keep-alive, Host',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'X-HTTP-Method-Override: DELETE',
  ':method: GET',
  ' folded',
  'X-A: b\r\n folded',
  'X-A : b',
  'X-A',
  'X-A: b\nX-B: c',
  'X-A: b\rX-B: c',
  'GET /smuggled HTTP/1.1',
  '\n',
  '\r',
  'X: \u0000',
  'Content_Length: <n>',
  'Authorization: Basic eA==',
]) {
  add('trailers', (path, hidden) =>
    chunked(path, `2\r\nxx\r\n0\r\n${trailer.replace('<n>', `${hidden.length}`)}\r\n\r\n`),
  );
  add('trailers', (path, hidden) =>
    chunked(path, `0\r\n${trailer.replace('<n>', `${hidden.length}`)}\r\n\r\n${hidden}`),
  );
  add('trailers', (path, hidden) =>
    message(path, ['Trailer: X-A', TE], `0\r\n${trailer.replace('<n>', `${hidden.length}`)}\r\n${hidden}`),
  );
}

// Several requests in one write: each is one, or the connection ends.
for (const between of ['', '\r\n', '\r\n\r\n', '\n', '\r', ' ', '\t', '\u0000', '\r\r\n', '\n\r\n', 'x', '0\r\n\r\n']) {
  add('pipelined', (path, hidden) => message(path, [], between + hidden, { method: 'GET' }));
  add('pipelined', (path, hidden) => message(path, ['Content-Length: 2'], `xx${between}${hidden}`));
  add('pipelined', (path, hidden) => chunked(path, `2\r\nxx\r\n${LAST}${between}${hidden}`));
  add('pipelined', (path, hidden) => message(path, [], between + hidden, { method: 'HEAD' }));
  add('pipelined', (path, hidden) => message(path, ['Connection: close'], between + hidden, { method: 'GET' }));
  add('pipelined', (path, hidden) =>
    message(path, ['Connection: keep-alive'], between + hidden, { method: 'GET', version: '1.0' }),
  );
}
for (const line of [
  'GET <p>',
  'GET <p> HTTP/0.9',
  'GET <p> HTTP/1.2',
  'GET <p> HTTP/2.0',
  'GET  <p> HTTP/1.1',
  'GET <p>  HTTP/1.1',
  'GET\t<p>\tHTTP/1.1',
  'GET <p> HTTP/1.1 ',
  'GET <p>\u0000 HTTP/1.1',
  'GET <p> HTTP/1.1\r',
  'get <p> HTTP/1.1',
  'GET <p> HTTP/1.1\r\n ',
  'GET <p> /x HTTP/1.1',
  'GET <p>%20HTTP/1.1%0d%0aX:y HTTP/1.1',
  'GET <p>%0d%0a%0d%0aGET%20/x HTTP/1.1',
  'GET <p>\rX HTTP/1.1',
  'GET http://a.test <p> HTTP/1.1',
  'PRI * HTTP/2.0',
  'GET <p> HTTP/1.1\nX: y',
]) {
  add(
    'request lines',
    (path, hidden) =>
      `${line.replace('<p>', path)}\r\nHost: a.test\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  );
  add('request lines', (path, hidden) => `${line.replace('<p>', path)}\r\nHost: a.test\r\n\r\n${hidden}`);
}
for (const host of [
  'a.test\r\nHost: b.test',
  '',
  'a.test\r\n b.test',
  'a.test\nContent-Length: 0',
  'a.test\u0000',
  'a.test b.test',
  'a.test:80:80',
  'a.test\r\nhost : b.test',
  'a.test#@b.test',
]) {
  add(
    'hosts',
    (path, hidden) => `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  );
  add('hosts', (path, hidden) => `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${TE}\r\n\r\n${chunk(hidden)}${LAST}`);
}

export const SHAPES: readonly Shape[] = shapes;
