import { testCallerRows, type CallerRow } from '../support/caller-rows.ts';

const REFUSED = ['400 malformed_request', 'closed'];
const PASSED = ['GET /r', 'open'];

const get = (lines: string): string => `GET /r HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n\r\n`;
const post = (lines: string, body = 'hello'): string =>
  `POST /r HTTP/1.1\r\nHost: a.test\r\n${lines}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const method = (name: string, lines = ''): string => `${name} /m HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`;

/** RFC 9110: what of a request is for the next hop alone, and what its fields ask of an intermediary. */
const ROWS: readonly CallerRow[] = [
  ...['Keep-Alive', 'Proxy-Connection', 'TE', 'Trailer', 'Upgrade', 'Proxy-Authorization'].map((name) => ({
    title: `§7.6.1 ${name} is not forwarded`,
    bytes: get(`${name}: x`),
    expect: PASSED,
    fields: { [name.toLowerCase()]: [] },
  })),
  {
    title: '§7.6.1 what Connection nominates is not forwarded, however it is spelt',
    bytes: get('X-A: 1\r\nx-b: 2\r\nX-C: 3\r\nConnection: x-a ,\tX-B\r\nCONNECTION: ,'),
    expect: PASSED,
    fields: { 'x-a': [], 'x-b': [], 'x-c': ['3'], connection: [] },
  },
  {
    title: '§7.6.1 a nomination in front of its field',
    bytes: get('Connection: X-A\r\nX-A: 1\r\nX-A: 2'),
    expect: PASSED,
    fields: { 'x-a': [] },
  },
  { title: '§7.6.1 a nomination of what is not there', bytes: get('Connection: X-A'), expect: PASSED },
  { title: '§7.6.1 a nomination of Host', bytes: get('Connection: Host'), expect: REFUSED },
  {
    title: '§7.6.1 a nomination of Authorization',
    bytes: get('Connection: authorization\r\nAuthorization: Basic eA=='),
    expect: REFUSED,
  },
  { title: '§7.6.1 a nomination that is no name', bytes: get('Connection: "X-A"'), expect: REFUSED },

  { title: '§7.6.3 Via is added', bytes: get('X-A: 1'), expect: PASSED, fields: { via: ['1.1 gatehouse'] } },
  {
    title: '§7.6.3 Via is added behind those that are there',
    bytes: get('Via: 1.0 fred, 1.1 p.example'),
    expect: PASSED,
    fields: { via: ['1.0 fred, 1.1 p.example', '1.1 gatehouse'] },
  },
  {
    title: '§7.6.3 a request that passed here three times is a loop',
    bytes: get('Via: 1.1 gatehouse\r\nVia: 1.1 x, 1.1 gatehouse, 1.1 gatehouse'),
    expect: ['508 loop_detected', 'open'],
  },

  {
    title: '§10.1.4 TE is for us',
    bytes: get('TE: trailers, gzip;q=0.5\r\nConnection: TE'),
    expect: PASSED,
    fields: { te: [], connection: [] },
  },

  {
    title: '§10.1.1 an expectation is ours to meet, and not needed when the body is here',
    bytes: post('Expect: 100-continue'),
    expect: ['POST /r hello', 'open'],
    fields: { expect: [] },
  },
  {
    title: '§10.1.1 an expectation has no case',
    bytes: post('Expect: 100-Continue'),
    expect: ['POST /r hello', 'open'],
    fields: { expect: [] },
  },
  {
    title: '§10.1.1 an expectation without a body',
    bytes: get('Expect: 100-continue'),
    expect: PASSED,
    fields: { expect: [] },
  },
  {
    title: '§10.1.1 an expectation of HTTP/1.0 is passed over',
    bytes:
      'POST /r HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
    expect: ['POST /r hello', 'open'],
  },
  ...['100', '100-continue, x', 'x 100-continue', '100-continue;a=b', '"100-continue"', ''].map((value) => ({
    title: `§10.1.1 an expectation we cannot meet: ${JSON.stringify(value)}`,
    bytes: post(`Expect: ${value}`),
    expect: REFUSED,
  })),
  { title: '§10.1.1 two expectations', bytes: post('Expect: 100-continue\r\nExpect: 100-continue'), expect: REFUSED },

  {
    title: '§7.8 an upgrade that no route allows is passed over',
    bytes: get('Connection: Upgrade\r\nUpgrade: websocket'),
    expect: PASSED,
    fields: { upgrade: [], connection: [] },
  },
  {
    title: '§7.8 an upgrade to h2c is passed over',
    bytes: get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__'),
    expect: PASSED,
    fields: { upgrade: [], 'http2-settings': [] },
  },
  {
    title: '§7.8 an upgrade beside a body does not end the request',
    bytes: post('Connection: Upgrade\r\nUpgrade: foo'),
    expect: ['POST /r hello', 'open'],
    fields: { upgrade: [] },
  },

  { title: '§9.3.1 GET', bytes: method('GET'), expect: ['GET /m', 'open'] },
  { title: '§9.3.2 HEAD has no body behind its head', bytes: method('HEAD'), expect: ['HEAD /m', 'open'] },
  {
    title: '§9.3.3 POST without a body says a length of 0',
    bytes: method('POST'),
    expect: ['POST /m', 'open'],
    fields: { 'content-length': ['0'] },
  },
  {
    title: '§9.3.4 PUT without a body says a length of 0',
    bytes: method('PUT'),
    expect: ['PUT /m', 'open'],
    fields: { 'content-length': ['0'] },
  },
  {
    title: '§9.3.5 DELETE without a body says none',
    bytes: method('DELETE'),
    expect: ['DELETE /m', 'open'],
    fields: { 'content-length': [] },
  },
  { title: '§9.3.6 CONNECT is not served', bytes: method('CONNECT'), expect: ['405 method_not_allowed', 'closed'] },
  { title: '§9.3.7 OPTIONS', bytes: method('OPTIONS'), expect: ['OPTIONS /m', 'open'] },
  {
    title: '§9.3.8 TRACE is not served, and nothing of it is echoed',
    bytes: method('TRACE', 'Cookie: secret\r\n'),
    expect: ['405 method_not_allowed', 'closed'],
  },
  {
    title: '§7.6.2 Max-Forwards means nothing to GET',
    bytes: method('GET', 'Max-Forwards: 0\r\n'),
    expect: ['GET /m', 'open'],
    fields: { 'max-forwards': ['0'] },
  },
  {
    title: '§7.6.2 OPTIONS that may go no further is answered here',
    bytes: method('OPTIONS', 'Max-Forwards: 0\r\n'),
    expect: ['204', 'open'],
  },
  {
    title: '§7.6.2 OPTIONS that may go on is counted down',
    bytes: method('OPTIONS', 'Max-Forwards: 3\r\n'),
    expect: ['OPTIONS /m', 'open'],
    fields: { 'max-forwards': ['2'] },
  },
  {
    title: '§7.6.2 TRACE that may go no further goes nowhere',
    bytes: method('TRACE', 'Max-Forwards: 0\r\n'),
    expect: ['405 method_not_allowed', 'closed'],
  },

  {
    title: '§8.4 a content coding is end to end',
    bytes: post('Content-Encoding: gzip'),
    expect: ['POST /r hello', 'open'],
    fields: { 'content-encoding': ['gzip'] },
  },
  {
    title: '§12.5.3 Accept-Encoding is end to end',
    bytes: get('Accept-Encoding: gzip;q=0.5, br'),
    expect: PASSED,
    fields: { 'accept-encoding': ['gzip;q=0.5, br'] },
  },
  {
    title: '§14.2 Range is end to end',
    bytes: get('Range: bytes=0-1,0-1'),
    expect: PASSED,
    fields: { range: ['bytes=0-1,0-1'] },
  },
];

await testCallerRows(ROWS);
