import { testCallerRows, type CallerRow } from '../support/caller-rows.ts';

const REFUSED = ['400 malformed_request', 'closed'];

/** A POST with these field lines, and what comes behind its head. */
const post = (lines: string, body = ''): string => `POST /p HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n\r\n${body}`;
const CHUNKS = '5\r\nhello\r\n0\r\n\r\n';
/** Read as the other length this would be a request of its own. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n';

/** RFC 9112 §6: where a request ends, the rules of §6.3 in their order. */
const ROWS: readonly CallerRow[] = [
  // Rules 1 and 2 are about replies: see rfc9112-reply-bodies.test.ts. Rule 3: both fields.
  {
    title: '§6.3 rule 3: Content-Length, then Transfer-Encoding',
    bytes: post('Content-Length: 5\r\nTransfer-Encoding: chunked', CHUNKS),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 3: Transfer-Encoding, then Content-Length',
    bytes: post('Transfer-Encoding: chunked\r\nContent-Length: 15', CHUNKS),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 3: both, with a length of 0',
    bytes: post('Content-Length: 0\r\nTransfer-Encoding: chunked', CHUNKS),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 3: both, nominated by Connection',
    bytes: post('Connection: Content-Length\r\nContent-Length: 5\r\nTransfer-Encoding: chunked', CHUNKS),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 3: both, with a coding that is not chunked',
    bytes: post('Content-Length: 5\r\nTransfer-Encoding: identity', 'hello'),
    expect: REFUSED,
  },

  // Rule 4: Transfer-Encoding alone.
  {
    title: '§6.3 rule 4: chunked',
    bytes: post('Transfer-Encoding: chunked', CHUNKS),
    expect: ['POST /p hello', 'open'],
    fields: { 'transfer-encoding': ['chunked'], 'content-length': [] },
  },
  {
    title: '§7 codings have no case',
    bytes: post('transfer-encoding: CHUNKED', CHUNKS),
    expect: ['POST /p hello', 'open'],
    fields: { 'transfer-encoding': ['chunked'] },
  },
  {
    title: '§6.3 rule 4: white space around chunked',
    bytes: post('Transfer-Encoding: \t chunked \t', CHUNKS),
    expect: ['POST /p hello', 'open'],
    fields: { 'transfer-encoding': ['chunked'] },
  },
  {
    title: '§6.3 rule 4: chunked is not the last coding',
    bytes: post('Transfer-Encoding: chunked, gzip', CHUNKS),
    expect: REFUSED,
  },
  { title: '§6.3 rule 4: no chunked at all', bytes: post('Transfer-Encoding: gzip', 'hello'), expect: REFUSED },
  { title: '§6.1 chunked twice', bytes: post('Transfer-Encoding: chunked, chunked', CHUNKS), expect: REFUSED },
  {
    title: '§6.1 chunked twice, in two fields',
    bytes: post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', CHUNKS),
    expect: REFUSED,
  },
  { title: '§6.1 a coding we do not undo', bytes: post('Transfer-Encoding: gzip, chunked', CHUNKS), expect: REFUSED },
  {
    title: '§6.1 identity is no coding any more',
    bytes: post('Transfer-Encoding: identity, chunked', CHUNKS),
    expect: REFUSED,
  },
  { title: '§7 a coding with a parameter', bytes: post('Transfer-Encoding: chunked;q=0.5', CHUNKS), expect: REFUSED },
  { title: '§7 a quoted coding', bytes: post('Transfer-Encoding: "chunked"', CHUNKS), expect: REFUSED },
  {
    title: 'RFC 9110 §5.6.1 an empty element in front',
    bytes: post('Transfer-Encoding: , chunked', CHUNKS),
    expect: REFUSED,
  },
  { title: '§6.1 no coding', bytes: post('Transfer-Encoding:', CHUNKS), expect: REFUSED },
  {
    title: '§6.1 HTTP/1.0 has no transfer codings',
    bytes: `POST /p HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    expect: REFUSED,
  },
  {
    title: '§6.1 a name that only looks like Transfer-Encoding',
    bytes: post('Transfer_Encoding: chunked\r\nContent-Length: 5', 'hello'),
    expect: REFUSED,
  },

  // Rule 5: a length that is none.
  ...[
    '-1',
    '+5',
    '5 5',
    '5,5',
    '5, 5',
    '5;5',
    '0x5',
    '5.0',
    '5e0',
    '05',
    '00',
    '',
    '\u00b2',
    '"5"',
    '18446744073709551617',
    '9'.repeat(400),
  ].map((value) => ({
    title: `§6.3 rule 5: Content-Length: ${value.length > 40 ? `${value.length} digits` : value}`,
    bytes: post(`Content-Length: ${value}`, 'hello'),
    expect: REFUSED,
  })),
  {
    title: '§6.3 rule 5: two lengths that differ',
    bytes: post(`Content-Length: 5\r\nContent-Length: ${5 + HIDDEN.length}`, `hello${HIDDEN}`),
    expect: REFUSED,
  },
  {
    title: 'RFC 9110 §8.6 two lengths that agree may be refused, and are',
    bytes: post('Content-Length: 5\r\nContent-Length: 5', 'hello'),
    expect: REFUSED,
  },
  {
    title: '§6.3 rule 5: two lengths of which one is none',
    bytes: post('Content-Length: 5\r\nContent-Length:', 'hello'),
    expect: REFUSED,
  },

  // Rule 6: a length.
  {
    title: '§6.3 rule 6: a length',
    bytes: post('Content-Length: 5', 'hello'),
    expect: ['POST /p hello', 'open'],
    fields: { 'content-length': ['5'], 'transfer-encoding': [] },
  },
  {
    title: '§6.3 rule 6: a length of 0',
    bytes: post('Content-Length: 0'),
    expect: ['POST /p', 'open'],
    fields: { 'content-length': ['0'] },
  },
  {
    title: '§6.3 rule 6: a body that looks like a request is a body',
    bytes: post(`Content-Length: ${HIDDEN.length}`, HIDDEN),
    expect: [`POST /p ${HIDDEN}`, 'open'],
  },
  {
    title: '§6.3 rule 6: a body of CR and LF',
    bytes: post('Content-Length: 4', '\r\n\r\n'),
    expect: ['POST /p \r\n\r\n', 'open'],
  },
  {
    title: '§6.3 rule 6: a body with HTTP/1.0',
    bytes: 'POST /p HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello',
    expect: ['POST /p hello', 'open'],
  },
  {
    title: '§6.3 rule 6: a length nominated by Connection',
    bytes: post('Connection: content-length\r\nContent-Length: 5', 'hello'),
    expect: REFUSED,
  },
  {
    title: '§6.3 a type that delimits itself does not delimit',
    bytes: post(`Content-Type: multipart/byteranges; boundary=x\r\nContent-Length: 5`, '--x--'),
    expect: ['POST /p --x--', 'open'],
  },

  // Rule 7: neither.
  {
    title: '§6.3 rule 7: neither means no body',
    bytes: 'POST /p HTTP/1.1\r\nHost: a.test\r\n\r\n',
    expect: ['POST /p', 'open'],
    fields: { 'content-length': ['0'] },
  },
  {
    title: '§6.3 rule 7: what follows is the next request',
    bytes: `POST /p HTTP/1.1\r\nHost: a.test\r\n\r\n${HIDDEN}`,
    expect: ['POST /p', 'GET /hidden', 'open'],
  },
  {
    title: '§6.3 rule 7: no request ends with its connection',
    bytes: 'POST /p HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\nhello',
    expect: ['POST /p', 'closed'],
  },

  // A body where the method gives it no meaning (RFC 9110 §9.3).
  ...['GET', 'HEAD', 'OPTIONS'].flatMap((method) => [
    {
      title: `RFC 9110 §9.3 ${method} with a length`,
      bytes: `${method} /m HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
      expect: [method === 'HEAD' ? '400' : '400 malformed_request', 'closed'],
    },
    {
      title: `RFC 9110 §9.3 ${method} with chunks`,
      bytes: `${method} /m HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
      expect: [method === 'HEAD' ? '400' : '400 malformed_request', 'closed'],
    },
    {
      title: `RFC 9110 §9.3 ${method} with a length of 0`,
      bytes: `${method} /m HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n`,
      expect: [`${method} /m`, 'open'],
      fields: { 'content-length': [] },
    },
  ]),
  ...['PUT', 'PATCH', 'DELETE'].map((method) => ({
    title: `RFC 9110 §9.3 ${method} with a body`,
    bytes: `${method} /m HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello`,
    expect: [`${method} /m hello`, 'open'],
  })),
];

await testCallerRows(ROWS);
