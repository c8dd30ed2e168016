import { testReplyRows, type ReplyRow } from '../support/reply-rows.ts';

const REFUSED = ['502 upstream_protocol', 'dropped'];
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const MIB = 1_048_576;

const reply = (lines: string, body = ''): string => `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n${body}`;
const status = (line: string): string => `${line}\r\nContent-Length: 2\r\n\r\nok`;

/** RFC 9112 §4 and §5: status lines and fields, from a service that is an attacker too. */
const ROWS: readonly ReplyRow[] = [
  { title: '§4 status line, fields, body', bytes: OK, expect: ['200 ok', 'kept'] },
  { title: '§4 an empty reason', bytes: status('HTTP/1.1 200 '), expect: ['200 ok', 'kept'] },
  { title: '§4 no space before an empty reason', bytes: status('HTTP/1.1 200'), expect: ['200 ok', 'kept'] },
  {
    title: '§4 a reason with bytes over 127',
    bytes: status('HTTP/1.1 200 d\u00e9j\u00e0'),
    expect: ['200 ok', 'kept'],
  },
  { title: '§4 a status that is not known', bytes: status('HTTP/1.1 299 Sure'), expect: ['299 ok', 'kept'] },
  ...[
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 600 OK',
    'HTTP/1.1 -20 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 2OO OK',
    'HTTP/1.2 200 OK',
    'HTTP/2 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/11 200 OK',
    'http/1.1 200 OK',
    'HTTP 200 OK',
    'ICY 200 OK',
    ' HTTP/1.1 200 OK',
    '\r\nHTTP/1.1 200 OK',
    'HTTP/1.1 200 O\rK',
    'HTTP/1.1 200 O\u0000K',
    'HTTP/1.1 200 O\nK',
  ].map((line) => ({
    title: `§4 no status line: ${JSON.stringify(line)}`,
    bytes: status(line),
    expect: REFUSED,
  })),
  { title: '§2.3 HTTP/0.9: a body and nothing else', bytes: '<html>hello</html>', andThen: 'end', expect: REFUSED },
  {
    title: '§2.3 HTTP/0.9: nothing at all',
    bytes: '',
    andThen: 'end',
    expect: ['502 upstream_unreachable', 'dropped'],
  },
  {
    title: '§2.2 a head that ends in LF LF',
    bytes: 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    andThen: 'end',
    expect: ['502 upstream_unreachable', 'dropped'],
  },
  {
    title: '§8 a head that breaks off',
    bytes: 'HTTP/1.1 200 OK\r\nContent-Le',
    andThen: 'end',
    expect: ['502 upstream_unreachable', 'dropped'],
  },

  ...[
    'X-A : b',
    ' X-A: b',
    'X-A',
    ': b',
    'X-A: b\r\n c',
    'X-A: b\rc',
    'X-A: b\nX-B: c',
    'X-A: b\u0000',
    'X-A: b\u007f',
    'X(A: b',
    'X\u00c4: b',
    'Connection: a b',
  ].map((line) => ({
    title: `§5 no field: ${JSON.stringify(line)}`,
    bytes: reply(`${line}\r\nContent-Length: 2`, 'ok'),
    expect: REFUSED,
  })),
  {
    title: '§5 a head of many MiB',
    bytes: Array.from({ length: 8 }, () => `HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(MIB / 8)}`),
    expect: REFUSED,
  },
  {
    title: '§5 one field of many MiB',
    bytes: ['HTTP/1.1 200 OK\r\nX-A: ', ...Array.from({ length: 8 }, () => 'b'.repeat(MIB))],
    expect: REFUSED,
  },
  {
    title: '§4 a reason of many MiB',
    bytes: ['HTTP/1.1 200 ', ...Array.from({ length: 8 }, () => 'b'.repeat(MIB))],
    expect: REFUSED,
  },
  { title: '§5 300 fields', bytes: reply(`${'X-A: b\r\n'.repeat(300)}Content-Length: 2`, 'ok'), expect: REFUSED },
];

testReplyRows(ROWS);
