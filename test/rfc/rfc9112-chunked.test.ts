import { testCallerRows, type CallerRow } from '../support/caller-rows.ts';

/** A body that breaks off: by then its head is on its way, and the connection to the service closes. */
const REFUSED = ['400 malformed_request', 'closed'];
const HELLO = ['POST /c hello', 'open'];

const chunked = (body: string, lines = ''): string =>
  `POST /c HTTP/1.1\r\nHost: a.test\r\n${lines}Transfer-Encoding: chunked\r\n\r\n${body}`;

/** RFC 9112 §7.1: the chunked coding, its extensions and its trailers. */
const ROWS: readonly CallerRow[] = [
  { title: '§7.1 one chunk', bytes: chunked('5\r\nhello\r\n0\r\n\r\n'), expect: HELLO },
  { title: '§7.1 several chunks', bytes: chunked('1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n'), expect: HELLO },
  { title: '§7.1 no chunk but the last', bytes: chunked('0\r\n\r\n'), expect: ['POST /c', 'open'] },
  {
    title: '§7.1 hexadecimal digits of either case',
    bytes: chunked(`a\r\n${'x'.repeat(10)}\r\nA\r\n${'y'.repeat(10)}\r\n0\r\n\r\n`),
    expect: [`POST /c ${'x'.repeat(10)}${'y'.repeat(10)}`, 'open'],
  },
  { title: '§7.1 zeros in front of a size', bytes: chunked('0005\r\nhello\r\n000\r\n\r\n'), expect: HELLO },
  {
    title: '§7.1 data of CR, LF and digits is data',
    bytes: chunked('7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n'),
    expect: ['POST /c \r\n0\r\n\r\n', 'open'],
  },
  {
    title: '§7.1 data that looks like a request is data',
    bytes: chunked('12\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n'),
    expect: ['POST /c GET / HTTP/1.1\r\n\r\n', 'open'],
  },

  ...[
    '',
    ' 5',
    '5 ',
    '\t5',
    '5\t',
    '+5',
    '-5',
    '0x5',
    '5h',
    '5_',
    '5.0',
    ' ',
    'g',
    '"5"',
    '\u00b5',
    '5\u0000',
    ',',
  ].map((size) => ({
    title: `§7.1 a size of ${JSON.stringify(size)}`,
    bytes: chunked(`${size}\r\nhello\r\n0\r\n\r\n`),
    expect: REFUSED,
  })),
  ...[
    '10000000000000',
    'ffffffffffffffff',
    '10000000000000005',
    '100000000000000000000000000000005',
    '0'.repeat(60),
  ].map((size) => ({
    title: `§7.1 a size of ${size.length} digits that some counter loses: ${size.slice(0, 4)}…`,
    bytes: chunked(`${size}\r\nhello\r\n0\r\n\r\n`),
    expect: REFUSED,
  })),
  { title: '§7.1 a size line that ends in a bare LF', bytes: chunked('5\nhello\r\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1 a size line that ends in a bare CR', bytes: chunked('5\rhello\r\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1 a size line that ends in CR CR LF', bytes: chunked('5\r\r\nhello\r\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1 data that ends in a bare LF', bytes: chunked('5\r\nhello\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1 data that ends in a bare CR', bytes: chunked('5\r\nhello\r0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1 data without an end', bytes: chunked('5\r\nhello0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1 data longer than its size', bytes: chunked('4\r\nhello\r\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1 data shorter than its size', bytes: chunked('6\r\nhello\r\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1 two bytes where CR LF must be', bytes: chunked('5\r\nhelloXX0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1 a last chunk that ends in a bare LF', bytes: chunked('5\r\nhello\r\n0\n\n'), expect: REFUSED },
  { title: '§7.1 an end of LF alone', bytes: chunked('5\r\nhello\r\n0\r\n\n'), expect: REFUSED },
  { title: '§7.1 a negative last chunk', bytes: chunked('5\r\nhello\r\n-0\r\n\r\n'), expect: REFUSED },

  ...['a', 'a=b', 'a="b c"', 'a="\\""', 'a=b;c=d', 'a=";"', 'a = b', 'a="\u00e9"', ''].map((extension) => ({
    title: `§7.1.1 an extension that nobody knows is dropped: ;${extension}`,
    bytes: chunked(`5;${extension}\r\nhello\r\n0;${extension}\r\n\r\n`),
    expect: HELLO,
  })),
  {
    title: '§7.1.1 white space in front of an extension',
    bytes: chunked('5 ;a=b\r\nhello\r\n0\r\n\r\n'),
    expect: REFUSED,
  },
  { title: '§7.1.1 a bare LF in an extension', bytes: chunked('5;a\n\r\nhello\r\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1.1 an extension that ends in a bare LF', bytes: chunked('5;a\nhello\r\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1.1 a bare CR in an extension', bytes: chunked('5;a\rb\r\nhello\r\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1.1 NUL in an extension', bytes: chunked('5;a\u0000\r\nhello\r\n0\r\n\r\n'), expect: REFUSED },
  { title: '§7.1.1 a line break in a quoted extension', bytes: chunked('5;a="\r\nhello\r\n0\r\n\r\n'), expect: HELLO },
  {
    title: '§7.1.1 extensions without end',
    bytes: chunked(`5;${'a'.repeat(17_000)}\r\nhello\r\n0\r\n\r\n`),
    expect: REFUSED,
  },
  {
    title: '§7.1.1 extensions without end, a few on each chunk',
    bytes: chunked(`${`1;${'a'.repeat(100)}\r\nx\r\n`.repeat(200)}0\r\n\r\n`),
    expect: REFUSED,
  },

  {
    title: '§7.1.2 trailers are dropped, whatever they say',
    bytes: chunked(
      '5\r\nhello\r\n0\r\nX-A: b\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\nHost: b\r\n\r\n',
      'Trailer: X-A\r\n',
    ),
    expect: HELLO,
    fields: { 'x-a': [], 'content-length': [], host: ['a.test'], trailer: [] },
  },
  ...[' X-A: b', 'X-A : b', 'X-A', ': b', 'X-A: b\rc', 'X-A: b\u0000', 'X-A: b\r\n c', 'X-A: b\nX-B: c', 'X(A: b'].map(
    (trailer) => ({
      title: `§7.1.2 a trailer that is no field: ${JSON.stringify(trailer)}`,
      bytes: chunked(`5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`),
      expect: REFUSED,
    }),
  ),
  {
    title: '§7.1.2 trailers without end',
    bytes: chunked(`5\r\nhello\r\n0\r\n${'X-A: b\r\n'.repeat(2500)}\r\n`),
    expect: REFUSED,
  },
];

await testCallerRows(ROWS);
