import { testCallerRows, type CallerRow } from '../support/caller-rows.ts';

const get = (lines = '', version = '1.1', path = '/a'): string =>
  `GET ${path} HTTP/${version}\r\nHost: a.test\r\n${lines}\r\n`;

/** RFC 9112 §9: whether a connection goes on, and in which order it is served. */
const ROWS: readonly CallerRow[] = [
  { title: '§9.3 HTTP/1.1 goes on', bytes: get(), expect: ['GET /a', 'open'], reply: { connection: undefined } },
  {
    title: '§9.3 HTTP/1.1 that says keep-alive goes on',
    bytes: get('Connection: keep-alive\r\n'),
    expect: ['GET /a', 'open'],
  },
  {
    title: '§9.3 close closes',
    bytes: get('Connection: close\r\n'),
    expect: ['GET /a', 'closed'],
    reply: { connection: 'close' },
  },
  {
    title: '§9.3 close has no case',
    bytes: get('Connection: CLOSE\r\n'),
    expect: ['GET /a', 'closed'],
    reply: { connection: 'close' },
  },
  { title: '§9.3 close within a list', bytes: get('Connection: x-a , close,\r\n'), expect: ['GET /a', 'closed'] },
  {
    title: '§9.3 close in a second field',
    bytes: get('Connection: x-a\r\nConnection: close\r\n'),
    expect: ['GET /a', 'closed'],
  },
  {
    title: '§9.3 close beside keep-alive',
    bytes: get('Connection: keep-alive, close\r\n'),
    expect: ['GET /a', 'closed'],
  },
  {
    title: '§9.3 an option that only begins like close',
    bytes: get('Connection: close-not\r\n'),
    expect: ['GET /a', 'open'],
  },
  {
    title: '§9.3 HTTP/1.0 closes',
    bytes: get('', '1.0'),
    expect: ['GET /a', 'closed'],
    reply: { connection: 'close' },
  },
  {
    title: '§9.3 HTTP/1.0 that says keep-alive goes on, and is told so',
    bytes: get('Connection: keep-alive\r\n', '1.0'),
    expect: ['GET /a', 'open'],
    reply: { connection: 'keep-alive' },
  },
  {
    title: '§9.3 HTTP/1.0 that says Keep-Alive goes on',
    bytes: get('Connection: Keep-Alive\r\n', '1.0'),
    expect: ['GET /a', 'open'],
  },
  {
    title: '§9.3 HTTP/1.0 that says both closes',
    bytes: get('Connection: keep-alive, close\r\n', '1.0'),
    expect: ['GET /a', 'closed'],
  },
  {
    title: '§9.3 Proxy-Connection decides nothing',
    bytes: get('Proxy-Connection: keep-alive\r\n', '1.0'),
    expect: ['GET /a', 'closed'],
    fields: { 'proxy-connection': [] },
  },
  {
    title: '§9.3.2 pipelined requests are answered in order',
    bytes: get() + get('', '1.1', '/b') + get('', '1.1', '/c'),
    expect: ['GET /a', 'GET /b', 'GET /c', 'open'],
  },
  {
    title: '§9.3.2 a body stands between two requests',
    bytes: `POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello${get('', '1.1', '/b')}`,
    expect: ['POST /a hello', 'GET /b', 'open'],
  },
  {
    title: '§9.3.2 chunks stand between two requests',
    bytes: `POST /a HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n${get('', '1.1', '/b')}`,
    expect: ['POST /a x', 'GET /b', 'open'],
  },
  {
    title: '§9.3.2 a refusal in the middle keeps its place',
    bytes: get() + get('', '1.1', '/%zz') + get('', '1.1', '/c'),
    expect: ['GET /a', '400 malformed_request', 'GET /c', 'open'],
  },
  {
    title: '§9.3.2 nothing is read behind a request that cannot be',
    bytes: `${get()}GET /b HTTP/1.1\r\n\r\n${get('', '1.1', '/c')}`,
    expect: ['GET /a', '400 malformed_request', 'closed'],
  },
  {
    title: '§9.3.2 an empty line between two requests is let pass',
    bytes: `${get()}\r\n${get('', '1.1', '/b')}`,
    expect: ['GET /a', 'GET /b', 'open'],
  },
  {
    title: '§9.6 nothing is read behind close',
    bytes: get('Connection: close\r\n') + get('', '1.1', '/b'),
    expect: ['GET /a', 'closed'],
  },
  {
    title: '§9.6 nothing is read behind close, not even of a body of its own',
    bytes: `POST /a HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello${get('', '1.1', '/b')}`,
    expect: ['POST /a hello', 'closed'],
  },
];

await testCallerRows(ROWS);
