/**
 * What RFC 9113 and RFC 7541 say of single frames, as bytes: the cases of h2spec
 * (generic, http2, hpack) and some that it has not, each with what must follow.
 * Every row has a connection of its own, on which SETTINGS were exchanged.
 */
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  type FieldPair,
  frame,
  GOAWAY,
  HEADERS,
  headersFrame,
  hpackInteger,
  hpackLiteral,
  PADDED,
  PING,
  PREFACE,
  PRIORITY,
  PUSH_PROMISE,
  requestFields,
  resetFrame,
  RST_STREAM,
  SETTINGS,
  settings,
  WINDOW_UPDATE,
  WITH_PRIORITY,
  word,
} from './http2-frames.ts';

export interface FrameRow {
  /** Section of RFC 9113, or of RFC 7541 behind `hpack `. */
  readonly section: string;
  readonly title: string;
  readonly send: readonly Buffer[];
  /** Stream 1 is answered; so is the last stream, and nothing else; stream 1 or the connection ends in an error; the connection does. */
  readonly expect: 'answer' | 'passed_over' | 'stream_error' | 'connection_error';
  /** Without the preface and SETTINGS before it. */
  readonly silent?: boolean;
  /** The request must not reach a service, not even in part. */
  readonly malformed?: boolean;
}

const POST = requestFields('POST');
const get = headersFrame(1);
const post = headersFrame(1, POST, END_HEADERS);
const block = fieldBlock(requestFields());
const data = (bytes: string | Buffer, flags = 0, stream = 1) => frame(DATA, flags, stream, bytes);
const lastData = data('x', END_STREAM);
const part = (type: number, flags: number, bytes: Buffer) => frame(type, flags, 1, bytes);
const dependency = (on: number, weight = 15) => Buffer.concat([word(on), Buffer.from([weight])]);
const raw = (...bytes: readonly number[]) => Buffer.from(bytes);
const withFields = (...fields: readonly FieldPair[]) => [headersFrame(1, requestFields('GET', '/', fields))];
const fieldsAlone = (...fields: readonly FieldPair[]) => [headersFrame(1, fields)];
const authority: FieldPair = [':authority', 'gateway.test'];
const [method, scheme, path]: readonly FieldPair[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
];
const postOfLength = (length: string) =>
  headersFrame(1, requestFields('POST', '/', [['content-length', length]]), END_HEADERS);
const headersOf = (fieldBytes: Buffer) => [frame(HEADERS, END_STREAM | END_HEADERS, 1, fieldBytes)];

type Row = readonly [section: string, title: string, send: readonly Buffer[]];

const ANSWERED: readonly Row[] = [
  ['3.4', 'a request right behind the preface', [get]],
  ['4.1', 'a frame of an unknown type is ignored', [frame(0x16, 0, 0, 'unknown'), get]],
  ['4.1', 'flags that have no meaning are ignored', [frame(PING, 0x16, 0, Buffer.alloc(8)), get]],
  ['4.1', 'the reserved bit is ignored', [frame(PING, 0, 0x8000_0000, Buffer.alloc(8)), get]],
  ['4.2', 'DATA of 2^14 bytes', [post, data(Buffer.alloc(16_384, 'a'), END_STREAM)]],
  ['5.1', 'PRIORITY on an idle stream', [frame(PRIORITY, 0, 3, dependency(0)), get]],
  ['5.1', 'WINDOW_UPDATE on a half-closed stream', [get, frame(WINDOW_UPDATE, 0, 1, word(1))]],
  ['5.1', 'PRIORITY on a half-closed stream', [get, frame(PRIORITY, 0, 1, dependency(0))]],
  ['5.5', 'an extension frame on the connection is ignored', [frame(0xff, 0, 0, Buffer.alloc(8)), get]],
  ['6.1', 'several DATA frames', [post, data('a'), data('b'), lastData]],
  ['6.1', 'DATA with padding', [post, data(raw(5, 0x61, 0, 0, 0, 0, 0), PADDED | END_STREAM)]],
  [
    '6.2',
    'HEADERS with padding',
    [part(HEADERS, END_STREAM | END_HEADERS | PADDED, Buffer.concat([raw(4), block, Buffer.alloc(4)]))],
  ],
  [
    '6.2',
    'HEADERS with a priority',
    [part(HEADERS, END_STREAM | END_HEADERS | WITH_PRIORITY, Buffer.concat([dependency(0), block]))],
  ],
  ['6.3', 'PRIORITY of weight 256 that excludes others', [frame(PRIORITY, 0, 1, dependency(0x8000_0000, 255)), get]],
  ['6.3', 'PRIORITY below a stream that is not there', [frame(PRIORITY, 0, 5, dependency(9)), get]],
  ['6.5', 'SETTINGS with what no one knows', [frame(SETTINGS, 0, 0, settings([0xff, 1])), get]],
  ['6.5.3', 'SETTINGS that say one thing twice', [frame(SETTINGS, 0, 0, settings([4, 1], [4, 65_535])), get]],
  [
    '6.9',
    'WINDOW_UPDATE on the connection and the stream',
    [frame(WINDOW_UPDATE, 0, 0, word(1)), post, frame(WINDOW_UPDATE, 0, 1, word(1)), lastData],
  ],
  [
    '6.10',
    'a head in several CONTINUATION frames',
    [
      part(HEADERS, END_STREAM, block.subarray(0, 1)),
      part(CONTINUATION, 0, block.subarray(1, 9)),
      part(CONTINUATION, END_HEADERS, block.subarray(9)),
    ],
  ],
  ['7', 'RST_STREAM with an unknown code', [get, headersFrame(3, POST, END_HEADERS), resetFrame(3, 0xff)]],
  ['8.1', 'a request with trailers', [post, data('x'), headersFrame(1, [['x-checksum', '1']])]],
  ['8.2.3', 'cookies in pieces', withFields(['cookie', 'a=1'], ['cookie', 'b=2'])],
  ['8.3.1', 'Host alone', fieldsAlone(method!, scheme!, path!, ['host', 'gateway.test'])],
  ['8.3.1', 'Host that says what :authority says', withFields(['host', 'Gateway.Test'])],
  ['hpack 6.1', 'indexed fields', headersOf(Buffer.concat([raw(0x82, 0x86, 0x84), fieldBlock([authority])]))],
  [
    'hpack 6.2.1',
    'literals that are put into the table',
    headersOf(Buffer.concat(requestFields().map((field) => hpackLiteral(field, true)))),
  ],
  [
    'hpack 6.2.3',
    'literals that are never indexed',
    headersOf(Buffer.concat([fieldBlock(requestFields()), raw(0x10, 1, 0x61, 1, 0x62)])),
  ],
  ['hpack 6.3', 'a smaller table', headersOf(Buffer.concat([hpackInteger(0, 5, 0x20), block]))],
  [
    'hpack 5.2',
    'Huffman code',
    headersOf(Buffer.concat([raw(0x82, 0x86, 0x84, 0x41, 0x8c), Buffer.from('f1e3c2e5f23a6ba0ab90f4ff', 'hex')])),
  ],
];

/** What no service may ever see. */
const MALFORMED: readonly Row[] = [
  ['8.1', 'a second HEADERS that does not end the stream', [post, headersFrame(1, [['x', 'y']], END_HEADERS)]],
  ['8.1.1', 'a length above that of the DATA', [postOfLength('5'), data('abc', END_STREAM)]],
  ['8.1.1', 'a length below that of the DATA', [postOfLength('2'), data('abc', END_STREAM)]],
  ['8.1.1', 'a length below that of several DATA frames', [postOfLength('2'), data('ab'), lastData]],
  ['8.1.1', 'a length of nothing and DATA', [postOfLength('0'), lastData]],
  ['8.1.1', 'a length and no DATA', [headersFrame(1, requestFields('POST', '/', [['content-length', '5']]))]],
  ['8.1.1', 'two lengths', withFields(['content-length', '0'], ['content-length', '0'])],
  ['8.2.1', 'a capital letter in a name', withFields(['X-Test', 'ok'])],
  ['8.2.2', 'Connection', withFields(['connection', 'close'])],
  ['8.2.2', 'Connection that names a field', withFields(['connection', 'authorization'])],
  ['8.2.2', 'Keep-Alive', withFields(['keep-alive', 'timeout=5'])],
  ['8.2.2', 'Proxy-Connection', withFields(['proxy-connection', 'keep-alive'])],
  ['8.2.2', 'Transfer-Encoding', withFields(['transfer-encoding', 'chunked'])],
  [
    '8.2.2',
    'Transfer-Encoding and a body',
    [
      headersFrame(1, requestFields('POST', '/', [['transfer-encoding', 'chunked']]), END_HEADERS),
      data('0\r\n\r\n', END_STREAM),
    ],
  ],
  ['8.2.2', 'Upgrade', withFields(['upgrade', 'h2c'])],
  ['8.2.2', 'TE other than trailers', withFields(['te', 'trailers, deflate'])],
  ['8.3', 'a pseudo-field that is unknown', withFields([':test', 'ok'])],
  ['8.3', 'a pseudo-field of replies', withFields([':status', '200'])],
  ['8.3', 'a pseudo-field behind a field', fieldsAlone(method!, scheme!, path!, ['x', 'y'], authority)],
  ['8.3', 'a pseudo-field among the trailers', [post, data('x'), headersFrame(1, [[':method', 'POST']])]],
  ['8.3.1', 'no :method', fieldsAlone(scheme!, path!, authority)],
  ['8.3.1', 'no :scheme', fieldsAlone(method!, path!, authority)],
  ['8.3.1', 'no :path', fieldsAlone(method!, scheme!, authority)],
  ['8.3.1', 'an empty :path', fieldsAlone(method!, scheme!, [':path', ''], authority)],
  ['8.3.1', 'two :method', fieldsAlone(method!, method!, scheme!, path!, authority)],
  ['8.3.1', 'two :scheme', fieldsAlone(method!, scheme!, scheme!, path!, authority)],
  ['8.3.1', 'two :path', fieldsAlone(method!, scheme!, path!, path!, authority)],
  ['8.3.1', 'two :authority', fieldsAlone(method!, scheme!, path!, authority, authority)],
  ['8.3.1', 'a :path that is no path', fieldsAlone(method!, scheme!, [':path', 'admin'], authority)],
  ['8.3.1', 'a space in :path', fieldsAlone(method!, scheme!, [':path', '/ HTTP/1.1'], authority)],
  ['8.3.1', 'a line break in :path', fieldsAlone(method!, scheme!, [':path', '/ HTTP/1.1\r\nx: y'], authority)],
  ['8.3.1', 'a space in :method', fieldsAlone([':method', 'GET /admin'], scheme!, path!, authority)],
  ['8.3.1', 'a line break in :method', fieldsAlone([':method', 'GET / HTTP/1.1\r\nx:'], scheme!, path!, authority)],
  ['8.3.1', 'a line break in :authority', fieldsAlone(method!, scheme!, path!, [':authority', 'a\r\nx: y'])],
];

/**
 * Errors by the letter of the RFC that nghttp2 passes over: it takes no notice of
 * the frame, or of the field. Nothing comes of them, and nobody sees them.
 */
const PASSED_OVER: readonly Row[] = [
  ['5.1.1', 'a stream with a smaller number', [headersFrame(5), headersFrame(3), headersFrame(7)]],
  ['5.3.1', 'a stream that depends on itself', [frame(PRIORITY, 0, 1, dependency(1)), get]],
  ['6.3', 'PRIORITY on stream 0', [frame(PRIORITY, 0, 0, dependency(1)), get]],
  ['8.2.1', 'a space in a name', withFields(['x test', 'ok'])],
  ['8.2.1', 'a colon in a name', withFields(['x:y', 'ok'])],
  ['8.2.1', 'a line break in a name', withFields(['x\r\ny', 'ok'])],
  ['8.2.1', 'NUL in a name', withFields(['x\0', 'ok'])],
  ['8.2.1', 'a line break in a value', withFields(['x', 'ok\r\nx-user-id: root'])],
  ['8.2.1', 'a line feed in a value', withFields(['x', 'ok\nx-user-id: root'])],
  ['8.2.1', 'NUL in a value', withFields(['x', 'o\0k'])],
  ['8.2.1', 'a line break in a cookie', withFields(['cookie', 'a=1\r\nx: y'])],
];

const STREAM_ERRORS: readonly Row[] = [
  ['5.1', 'DATA on a half-closed stream', [get, lastData]],
  ['5.1', 'HEADERS on a half-closed stream', [get, get]],
  ['6.9', 'WINDOW_UPDATE of nothing on a stream', [post, frame(WINDOW_UPDATE, 0, 1, word(0))]],
  [
    '6.9.1',
    'a window of a stream above 2^31-1',
    [post, frame(WINDOW_UPDATE, 0, 1, word(0x7fff_ffff)), frame(WINDOW_UPDATE, 0, 1, word(0x7fff_ffff))],
  ],
];

const CONNECTION_ERRORS: readonly Row[] = [
  ['4.2', 'DATA above the largest frame', [post, data(Buffer.alloc(16_385), END_STREAM)]],
  ['4.2', 'HEADERS above the largest frame', [headersFrame(1, requestFields('GET', '/', [['x', 'y'.repeat(16_400)]]))]],
  ['4.3', 'a field block that cannot be decoded', headersOf(raw(0x40))],
  [
    '4.3',
    'PRIORITY within a field block',
    [
      part(HEADERS, END_STREAM, block),
      frame(PRIORITY, 0, 1, dependency(0)),
      part(CONTINUATION, END_HEADERS, Buffer.alloc(0)),
    ],
  ],
  [
    '4.3',
    'HEADERS of another stream within a field block',
    [part(HEADERS, END_STREAM, block), headersFrame(3), part(CONTINUATION, END_HEADERS, Buffer.alloc(0))],
  ],
  ['5.1', 'DATA on an idle stream', [lastData]],
  ['5.1', 'RST_STREAM on an idle stream', [resetFrame(1)]],
  ['5.1', 'WINDOW_UPDATE on an idle stream', [frame(WINDOW_UPDATE, 0, 1, word(1))]],
  ['5.1', 'CONTINUATION on an idle stream', [part(CONTINUATION, END_HEADERS, block)]],
  ['5.1', 'CONTINUATION on a half-closed stream', [get, part(CONTINUATION, END_HEADERS, block)]],
  ['5.1', 'CONTINUATION on a closed stream', [post, resetFrame(1), part(CONTINUATION, END_HEADERS, block)]],
  ['5.1.1', 'a stream with an even number', [headersFrame(2)]],
  [
    '5.5',
    'an extension frame within a field block',
    [
      part(HEADERS, END_STREAM, block),
      frame(0xff, 0, 0, Buffer.alloc(8)),
      part(CONTINUATION, END_HEADERS, Buffer.alloc(0)),
    ],
  ],
  ['6.1', 'DATA on stream 0', [data('x', END_STREAM, 0)]],
  ['6.1', 'DATA with more padding than bytes', [post, data(raw(9, 0), PADDED | END_STREAM)]],
  ['6.2', 'HEADERS on stream 0', [headersFrame(0)]],
  [
    '6.2',
    'HEADERS with more padding than bytes',
    [part(HEADERS, END_STREAM | END_HEADERS | PADDED, Buffer.concat([raw(255), block]))],
  ],
  ['6.3', 'PRIORITY of four bytes', [frame(PRIORITY, 0, 1, Buffer.alloc(4)), get]],
  ['6.4', 'RST_STREAM on stream 0', [resetFrame(0)]],
  ['6.4', 'RST_STREAM of three bytes', [post, frame(RST_STREAM, 0, 1, Buffer.alloc(3))]],
  ['6.5', 'SETTINGS with ACK and a payload', [frame(SETTINGS, ACK, 0, settings([1, 1]))]],
  ['6.5', 'SETTINGS on a stream', [frame(SETTINGS, 0, 1, settings([1, 1]))]],
  ['6.5', 'SETTINGS of three bytes', [frame(SETTINGS, 0, 0, Buffer.alloc(3))]],
  ['6.5.2', 'ENABLE_PUSH that is neither 0 nor 1', [frame(SETTINGS, 0, 0, settings([2, 2]))]],
  ['6.5.2', 'INITIAL_WINDOW_SIZE above 2^31-1', [frame(SETTINGS, 0, 0, settings([4, 0x8000_0000]))]],
  ['6.5.2', 'MAX_FRAME_SIZE below 2^14', [frame(SETTINGS, 0, 0, settings([5, 16_383]))]],
  ['6.5.2', 'MAX_FRAME_SIZE above 2^24-1', [frame(SETTINGS, 0, 0, settings([5, 16_777_216]))]],
  ['6.6', 'PUSH_PROMISE from a client', [post, frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([word(3), block]))]],
  ['6.7', 'PING on a stream', [frame(PING, 0, 1, Buffer.alloc(8))]],
  // Stricter than the RFC, which has it ignored.
  ['6.7', 'PING with ACK that answers nothing', [frame(PING, ACK, 0, Buffer.alloc(8))]],
  ['6.7', 'PING of six bytes', [frame(PING, 0, 0, Buffer.alloc(6))]],
  ['6.8', 'GOAWAY on a stream', [frame(GOAWAY, 0, 1, word(0, 0))]],
  ['6.9', 'WINDOW_UPDATE of nothing', [frame(WINDOW_UPDATE, 0, 0, word(0))]],
  ['6.9', 'WINDOW_UPDATE of three bytes', [frame(WINDOW_UPDATE, 0, 0, Buffer.alloc(3))]],
  [
    '6.9.1',
    'a window of the connection above 2^31-1',
    [frame(WINDOW_UPDATE, 0, 0, word(0x7fff_ffff)), frame(WINDOW_UPDATE, 0, 0, word(0x7fff_ffff))],
  ],
  [
    '6.10',
    'CONTINUATION followed by something else',
    [part(HEADERS, END_STREAM, block), part(CONTINUATION, 0, Buffer.alloc(0)), lastData],
  ],
  ['6.10', 'CONTINUATION on stream 0', [part(HEADERS, END_STREAM, block), frame(CONTINUATION, END_HEADERS, 0)]],
  ['6.10', 'CONTINUATION behind DATA', [post, data('x'), part(CONTINUATION, END_HEADERS, block)]],
  [
    'hpack 2.3.3',
    'an index beyond the tables',
    headersOf(Buffer.concat([raw(0x82, 0x86, 0x84), hpackInteger(70, 7, 0x80)])),
  ],
  [
    'hpack 2.3.3',
    'a name with an index beyond the tables',
    headersOf(Buffer.concat([hpackInteger(70, 6, 0x40), raw(0)])),
  ],
  ['hpack 4.2', 'a change of the table behind a field', headersOf(Buffer.concat([block, hpackInteger(1, 5, 0x20)]))],
  [
    'hpack 5.1',
    'an integer without end',
    headersOf(Buffer.concat([raw(0x82, 0x86, 0x84, 0xff), Buffer.alloc(20, 0xff)])),
  ],
  [
    'hpack 5.2',
    'Huffman code padded by more than seven bits',
    headersOf(raw(0x82, 0x86, 0x84, 0x41, 0x82, 0x1f, 0xff)),
  ],
  ['hpack 5.2', 'Huffman code padded with zeros', headersOf(raw(0x82, 0x86, 0x84, 0x41, 0x81, 0x18))],
  [
    'hpack 5.2',
    'the end of a string within Huffman code',
    headersOf(raw(0x82, 0x86, 0x84, 0x41, 0x84, 0xff, 0xff, 0xff, 0xff)),
  ],
  ['hpack 6.1', 'index 0', headersOf(raw(0x80))],
  ['hpack 6.3', 'a table above what is allowed', headersOf(Buffer.concat([hpackInteger(4097, 5, 0x20), block]))],
];

const rowsOf = (rows: readonly Row[], expect: FrameRow['expect'], malformed = false): FrameRow[] =>
  rows.map(([section, title, send]) => ({ section, title, send, expect, malformed }));

export const frameRows: readonly FrameRow[] = [
  ...rowsOf(ANSWERED, 'answer'),
  ...rowsOf(PASSED_OVER, 'passed_over'),
  ...rowsOf(MALFORMED, 'stream_error', true),
  ...rowsOf(STREAM_ERRORS, 'stream_error'),
  ...rowsOf(CONNECTION_ERRORS, 'connection_error'),
  {
    section: '3.4',
    title: 'a preface without SETTINGS behind it',
    send: [PREFACE, get],
    expect: 'connection_error',
    silent: true,
  },
];
