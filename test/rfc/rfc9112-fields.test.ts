import { testCallerRows, type CallerRow } from '../support/caller-rows.ts';

const REFUSED = ['400 malformed_request', 'closed'];
const PASSED = ['GET /f', 'open'];

/** A head with these lines behind its Host. */
const head = (lines: string): string => `GET /f HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n\r\n`;
/** A head whose first field line is this. */
const first = (lines: string): string => `GET /f HTTP/1.1\r\n${lines}\r\nHost: a.test\r\n\r\n`;

const CONTROLS = [0, 1, 7, 8, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f, 0x7f];
const DELIMITERS = '"(),/:;<=>?@[\\]{}';

/** RFC 9112 §5 and RFC 9110 §5: names, values, and what must stand between them. */
const ROWS: readonly CallerRow[] = [
  { title: '§5 name, colon, value', bytes: head('X-A: b'), expect: PASSED, fields: { 'x-a': ['b'] } },
  { title: '§5.1 no space behind the colon', bytes: head('X-A:b'), expect: PASSED, fields: { 'x-a': ['b'] } },
  {
    title: '§5.1 white space around a value is no part of it',
    bytes: head('X-A: \t b c \t '),
    expect: PASSED,
    fields: { 'x-a': ['b c'] },
  },
  { title: '§5.1 an empty value', bytes: head('X-A:'), expect: PASSED, fields: { 'x-a': [''] } },
  {
    title: '§5.1 a value of nothing but white space',
    bytes: head('X-A: \t '),
    expect: PASSED,
    fields: { 'x-a': [''] },
  },
  { title: '§5.1 a colon in a value', bytes: head('X-A: b: c'), expect: PASSED, fields: { 'x-a': ['b: c'] } },
  {
    title: 'RFC 9110 §5.5 bytes over 127 are passed on as they are',
    bytes: head('X-A: \u00e9\u00ff\u0080'),
    expect: PASSED,
    fields: { 'x-a': ['\u00e9\u00ff\u0080'] },
  },
  {
    title: 'RFC 9110 §5.3 fields of one name keep their order and are not joined',
    bytes: head('X-A: 1\r\nX-B: 2\r\nx-a: 3'),
    expect: PASSED,
    fields: { 'x-a': ['1', '3'], 'x-b': ['2'] },
  },
  {
    title: 'RFC 9110 §5.1 every character of a token may stand in a name',
    bytes: head("!#$%&'*+-.^_`|~09azAZ: b"),
    expect: PASSED,
    fields: { "!#$%&'*+-.^_`|~09azaz": ['b'] },
  },

  { title: '§5.1 a space in front of the colon', bytes: head('X-A : b'), expect: REFUSED },
  { title: '§5.1 a tab in front of the colon', bytes: head('X-A\t: b'), expect: REFUSED },
  {
    title: '§5.1 a space in front of the colon of Host',
    bytes: 'GET /f HTTP/1.1\r\nHost : a.test\r\n\r\n',
    expect: REFUSED,
  },
  { title: '§5 a line without a colon', bytes: head('X-A'), expect: REFUSED },
  { title: '§5 a line without a name', bytes: head(': b'), expect: REFUSED },
  { title: '§5 a space within a name', bytes: head('X A: b'), expect: REFUSED },
  { title: '§5 a byte over 127 in a name', bytes: head('X-\u00c4: b'), expect: REFUSED },
  ...Array.from(DELIMITERS, (delimiter) => ({
    title: `RFC 9110 §5.6.2 ${delimiter} in a name`,
    // Of a colon the name would end there, and be empty.
    bytes: head(delimiter === ':' ? '::X: b' : `X${delimiter}A: b`),
    expect: REFUSED,
  })),

  { title: '§5.2 a folded value', bytes: head('X-A: b\r\n c'), expect: REFUSED },
  { title: '§5.2 a value folded by a tab', bytes: head('X-A: b\r\n\tc'), expect: REFUSED },
  { title: '§5.2 a fold of nothing but white space', bytes: head('X-A: b\r\n \r\nX-B: c'), expect: REFUSED },
  { title: '§5.2 a folded framing field', bytes: head('Content-Length:\r\n 0'), expect: REFUSED },
  {
    title: '§5.2 a fold that brings a framing field',
    bytes: head('X-A: b\r\n Transfer-Encoding: chunked'),
    expect: REFUSED,
  },
  { title: '§5.2 a fold behind the last field', bytes: head('X-A: b\r\n '), expect: REFUSED },
  { title: '§2.2 white space in front of the first field', bytes: first(' X-A: b'), expect: REFUSED },
  { title: '§2.2 a tab in front of the first field', bytes: first('\tX-A: b'), expect: REFUSED },

  { title: '§2.2 a bare LF in a value', bytes: head('X-A: b\nX-B: c'), expect: REFUSED },
  { title: '§2.2 a bare CR in a value', bytes: head('X-A: b\rc'), expect: REFUSED },
  { title: '§2.2 a bare CR at the end of a value', bytes: head('X-A: b\r'), expect: REFUSED },
  { title: '§2.2 a bare CR in a name', bytes: head('X\r-A: b'), expect: REFUSED },
  {
    title: '§2.2 a bare LF at the end of the section',
    bytes: 'GET /f HTTP/1.1\r\nHost: a.test\r\n\n',
    expect: REFUSED,
  },
  { title: '§2.2 CR CR LF at the end of a line', bytes: head('X-A: b\r\r\nX-B: c'), expect: REFUSED },
  ...CONTROLS.map((code) => ({
    title: `RFC 9110 §5.5 control character ${code} in a value`,
    bytes: head(`X-A: b${String.fromCharCode(code)}c`),
    expect: REFUSED,
  })),
  ...CONTROLS.map((code) => ({
    title: `RFC 9110 §5.6.2 control character ${code} in a name`,
    bytes: head(`X${String.fromCharCode(code)}A: b`),
    expect: REFUSED,
  })),

  {
    title: 'RFC 9110 §5.4 one field over the limit of the head',
    bytes: head(`X-A: ${'b'.repeat(17_000)}`),
    expect: ['431 headers_too_large', 'closed'],
  },
  {
    title: 'RFC 9110 §5.4 many fields over the limit of the head',
    bytes: head(`X-A: ${'b'.repeat(300)}\r\n`.repeat(60).slice(0, -2)),
    expect: ['431 headers_too_large', 'closed'],
  },
  {
    title: 'RFC 9110 §5.4 a name over the limit of the head',
    bytes: head(`${'X'.repeat(17_000)}: b`),
    expect: ['431 headers_too_large', 'closed'],
  },
];

await testCallerRows(ROWS);
