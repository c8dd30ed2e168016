import { testReplyRows, type ReplyRow } from '../support/reply-rows.ts';

const REFUSED = ['502 upstream_protocol', 'dropped'];
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** What would be the answer to whoever asks next. */
const STOLEN = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';

const reply = (lines: string, body = ''): string => `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n${body}`;

/** RFC 9112 §6, §7 and §9, RFC 9110 §15: where a reply ends, and what nobody asked for. */
const ROWS: readonly ReplyRow[] = [
  // §6.3, the rules in their order.
  {
    title: '§6.3 rule 1: a reply to HEAD has no body',
    method: 'HEAD',
    bytes: reply('Content-Length: 5'),
    expect: ['200', 'kept'],
    fields: { 'content-length': '5' },
  },
  {
    title: '§6.3 rule 1: a reply to HEAD that says chunked',
    method: 'HEAD',
    bytes: reply('Transfer-Encoding: chunked'),
    expect: ['200', 'kept'],
  },
  {
    title: '§6.3 rule 1: a body to HEAD',
    method: 'HEAD',
    bytes: reply('Content-Length: 5', 'hello'),
    expect: ['200', 'dropped'],
  },
  {
    title: '§6.3 rule 1: a body to HEAD, later',
    method: 'HEAD',
    bytes: [reply('Content-Length: 6'), 'stolen'],
    expect: ['200', 'dropped'],
  },
  {
    title: '§6.3 rule 1: a reply as the body to HEAD',
    method: 'HEAD',
    bytes: reply(`Content-Length: ${STOLEN.length}`, STOLEN),
    expect: ['200', 'dropped'],
  },
  {
    title: 'RFC 9110 §15.3.5 204',
    bytes: 'HTTP/1.1 204 No Content\r\n\r\n',
    expect: ['204', 'kept'],
    fields: { 'content-length': undefined, 'transfer-encoding': undefined },
  },
  {
    title: 'RFC 9110 §8.6 204 with a length',
    bytes: 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
    expect: ['204', 'kept'],
    fields: { 'content-length': undefined },
  },
  {
    title: 'RFC 9110 §15.3.5 204 with a body',
    bytes: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello',
    expect: ['204', 'dropped'],
  },
  {
    title: 'RFC 9110 §15.4.5 304 with the length that GET would have',
    bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    expect: ['304', 'kept'],
    fields: { 'content-length': '5' },
  },
  {
    title: 'RFC 9110 §15.4.5 304 with a body',
    bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello',
    expect: ['304', 'dropped'],
  },
  {
    title: '§6.3 rule 3: Content-Length and chunked',
    bytes: reply('Content-Length: 2\r\nTransfer-Encoding: chunked', '2\r\nok\r\n0\r\n\r\n'),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 3: chunked and Content-Length',
    bytes: reply('Transfer-Encoding: chunked\r\nContent-Length: 12', '2\r\nok\r\n0\r\n\r\n'),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 3: both in a reply to HEAD',
    method: 'HEAD',
    bytes: reply('Content-Length: 2\r\nTransfer-Encoding: chunked'),
    expect: ['502', 'dropped'],
  },
  {
    title: '§6.3 rule 4: chunked',
    bytes: reply('Transfer-Encoding: chunked', '1\r\no\r\n1;a=b\r\nk\r\n0\r\n\r\n'),
    expect: ['200 ok', 'kept'],
    fields: { 'transfer-encoding': 'chunked' },
  },
  {
    title: '§6.3 rule 4: a coding we do not undo',
    bytes: reply('Transfer-Encoding: gzip, chunked', '2\r\nok\r\n0\r\n\r\n'),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 4: a coding that is not chunked',
    bytes: reply('Transfer-Encoding: gzip', 'ok'),
    andThen: 'end',
    expect: REFUSED,
  },
  {
    title: '§6.1 chunked twice',
    bytes: reply('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '2\r\nok\r\n0\r\n\r\n'),
    expect: REFUSED,
  },
  {
    title: '§6.1 a reply of HTTP/1.0 with chunks',
    bytes: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    expect: REFUSED,
  },
  ...['+2', '-2', '02', '0x2', '2,2', '2, 3', '2 2', '', '2.0', '99999999999999999999'].map((value) => ({
    title: `§6.3 rule 5: Content-Length: ${value}`,
    bytes: reply(`Content-Length: ${value}`, 'ok'),
    expect: REFUSED,
  })),
  {
    title: '§6.3 rule 5: two lengths that differ',
    bytes: reply('Content-Length: 2\r\nContent-Length: 3', 'ok'),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 5: two lengths that agree',
    bytes: reply('Content-Length: 2\r\nContent-Length: 2', 'ok'),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 6: a body shorter than its length, and the end',
    bytes: reply('Content-Length: 5', 'ok'),
    andThen: 'end',
    expect: ['cut', 'dropped'],
  },
  {
    title: '§6.3 rule 6: a body shorter than its length, and a reset',
    bytes: reply('Content-Length: 5', 'ok'),
    andThen: 'reset',
    expect: ['cut', 'dropped'],
  },
  {
    title: '§6.3 rule 6: a body longer than its length',
    bytes: reply('Content-Length: 2', 'okay'),
    expect: ['200 ok', 'dropped'],
  },
  {
    title: '§6.3 rule 8: neither, so it ends with the connection',
    bytes: reply('X-A: b', 'until the end'),
    andThen: 'end',
    expect: ['200 until the end', 'dropped'],
    fields: { 'transfer-encoding': 'chunked' },
  },

  ...[
    '2\nok\r\n0\r\n\r\n',
    '2\r\nok0\r\n\r\n',
    '3\r\nok\r\n0\r\n\r\n',
    '1\r\nok\r\n0\r\n\r\n',
    ' 2\r\nok\r\n0\r\n\r\n',
    '0x2\r\nok\r\n0\r\n\r\n',
    'ffffffffffffffff\r\nok\r\n',
    '2\r\nok\r\n0\r\nX A: b\r\n\r\n',
    '2\r\nok\r\n0\r\n X-A: b\r\n\r\n',
    '-1\r\nok\r\n',
  ].map((body) => ({
    title: `§7.1 no chunks: ${JSON.stringify(body)}`,
    bytes: reply('Transfer-Encoding: chunked', body),
    expect: ['cut', 'dropped'],
  })),
  {
    title: '§7.1 chunks that break off',
    bytes: reply('Transfer-Encoding: chunked', '2\r\nok\r\n'),
    andThen: 'end',
    expect: ['cut', 'dropped'],
  },
  {
    title: '§7.1 the last chunk that breaks off',
    bytes: reply('Transfer-Encoding: chunked', '2\r\nok\r\n0\r\n'),
    andThen: 'end',
    expect: ['cut', 'dropped'],
  },

  // §9.2: what nobody asked for.
  { title: '§9.2 a second reply in one piece', bytes: OK + STOLEN, expect: ['200 ok', 'dropped'] },
  {
    title: '§9.2 a second reply behind chunks',
    bytes: reply('Transfer-Encoding: chunked', `2\r\nok\r\n0\r\n\r\n${STOLEN}`),
    expect: ['200 ok', 'dropped'],
  },
  { title: '§9.2 a second reply on the idle connection', bytes: [OK, STOLEN], expect: ['200 ok', 'dropped'] },
  { title: '§9.2 a line break behind the body', bytes: `${OK}\r\n`, expect: ['200 ok', 'dropped'] },
  { title: '§9.2 one byte on the idle connection', bytes: [OK, '\n'], expect: ['200 ok', 'dropped'] },
  { title: '§9.2 an interim reply on the idle connection', bytes: [OK, HINTS], expect: ['200 ok', 'dropped'] },
  {
    title: '§9.2 408 on the idle connection, as services send it that close',
    bytes: [OK, 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    andThen: 'end',
    expect: ['200 ok', 'dropped'],
  },
  {
    title: '§9.3 a reply that closes',
    bytes: reply('Connection: close\r\nContent-Length: 2', 'ok'),
    expect: ['200 ok', 'dropped'],
    fields: { connection: undefined },
  },
  {
    title: '§9.3 a reply of HTTP/1.0',
    bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    expect: ['200 ok', 'dropped'],
  },
  {
    title: '§9.3 a reply of HTTP/1.0 that keeps alive',
    bytes: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
    expect: ['200 ok', 'kept'],
  },

  {
    title: 'RFC 9110 §7.6.1 fields about the connection stay on it',
    bytes: reply(
      'Connection: X-A, keep-alive\r\nX-A: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\nUpgrade: h2c\r\nTrailer: X-B\r\nX-B: 2\r\nContent-Length: 2',
      'ok',
    ),
    expect: ['200 ok', 'kept'],
    fields: {
      connection: undefined,
      'x-a': undefined,
      'keep-alive': undefined,
      'proxy-connection': undefined,
      upgrade: undefined,
      trailer: undefined,
      'x-b': '2',
    },
  },
  {
    title: 'RFC 9110 §15.2 interim replies are passed on',
    bytes: `${HINTS}HTTP/1.1 102 Processing\r\n\r\n${OK}`,
    expect: ['103', '102', '200 ok', 'kept'],
  },
  {
    title: 'RFC 9110 §15.2 an interim reply that nobody knows',
    bytes: `HTTP/1.1 199 Sure\r\n\r\n${OK}`,
    expect: ['199', '200 ok', 'kept'],
  },
  {
    title: 'RFC 9110 §15.2 an interim reply cut from its reply',
    bytes: [HINTS, OK.slice(0, 20), OK.slice(20)],
    expect: ['103', '200 ok', 'kept'],
  },
  {
    title: 'RFC 9110 §15.2 interim replies have no body, whatever they say',
    bytes: `HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello${OK}`,
    expect: ['103', '502 upstream_protocol', 'dropped'],
  },
  {
    title: 'RFC 9110 §15.2.1 a 100 that nobody waits for',
    bytes: `HTTP/1.1 100 Continue\r\n\r\n${OK}`,
    expect: ['200 ok', 'kept'],
  },
  {
    title: 'RFC 9110 §15.2 interim replies without end',
    bytes: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(10_000),
    expect: REFUSED,
  },
  {
    title: 'RFC 9110 §15.2 interim replies and then the end',
    bytes: HINTS,
    andThen: 'end',
    expect: ['103', '502 upstream_unreachable', 'dropped'],
  },
  {
    title: 'RFC 9110 §15.2.2 a 101 that nobody asked for',
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    expect: REFUSED,
  },
];

testReplyRows(ROWS);
