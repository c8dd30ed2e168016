import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../refusal.ts';
import { readHttp2Head } from './http2-head.ts';
import { CHUNKED, type RequestHead } from './request-head.ts';

const LIMITS = { requestLineBytes: 256, headBytes: 1024, headFields: 10 };
type Pairs = readonly (readonly [string, string])[];

const GET: Pairs = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'gateway.test'],
  [':path', '/a?b=c'],
];
const POST: Pairs = [[':method', 'POST'], ...GET.slice(1)];
/** `base` with one pseudo-field of another value, or without it. */
const but = (name: string, value?: string, base: Pairs = GET): Pairs =>
  base.flatMap((pair) => (pair[0] !== name ? [pair] : value === undefined ? [] : [[name, value] as const]));

const read = (pairs: Pairs, ended = true) => readHttp2Head(pairs.flat(), ended, LIMITS);

function accepted(pairs: Pairs, ended = true): RequestHead {
  const head = read(pairs, ended);
  assert.ok(!(head instanceof Refusal), head instanceof Refusal ? head.detail : '');
  return head;
}

function codeOf(pairs: Pairs, ended = true): string | undefined {
  const head = read(pairs, ended);
  return head instanceof Refusal ? head.code : undefined;
}

test('a request is the head that HTTP/1.1 would have had', () => {
  const head = accepted([...GET, ['x-one', '1'], ['x-one', '2'], ['te', 'trailers']]);
  assert.equal(head.text, 'GET /a?b=c HTTP/1.1\r\nhost: gateway.test\r\nx-one: 1\r\nx-one: 2\r\nte: trailers\r\n');
  const { method, rawPath, query, host, authority, protocol, http10, keepAlive } = head;
  assert.deepEqual(
    { method, rawPath, query, host, authority, protocol, http10, keepAlive },
    {
      method: 'GET',
      rawPath: '/a',
      query: 'b=c',
      host: 'gateway.test',
      authority: 'gateway.test',
      protocol: '2.0',
      http10: false,
      keepAlive: true,
    },
  );
  assert.deepEqual([head.bodyLength, head.acceptsTrailers, head.upgrade], [0, true, undefined]);
});

test('pieces of a cookie are one cookie', () => {
  const head = accepted([...GET, ['cookie', 'a=1'], ['x', 'y'], ['cookie', 'b=2; c=3']]);
  assert.deepEqual(
    head.values.filter((_, at) => head.names[at] === 'cookie'),
    ['a=1; b=2; c=3'],
  );
});

test('the stream tells whether there is a body, and a length how long it is', () => {
  assert.equal(accepted(POST, true).bodyLength, 0);
  assert.equal(accepted(POST, false).bodyLength, CHUNKED);
  assert.equal(accepted([...POST, ['content-length', '5']], false).bodyLength, 5);
  assert.equal(accepted([...POST, ['content-length', '0']], true).bodyLength, 0);
  // A length of nothing is not believed before the stream ends.
  assert.equal(accepted([...POST, ['content-length', '0']], false).bodyLength, CHUNKED);
  assert.equal(accepted([...POST, ['content-length', '5'], ['expect', '100-continue']], false).expectsContinue, true);
});

test('the host may stand in Host alone, and where it stands twice both say the same', () => {
  assert.equal(accepted([...but(':authority'), ['host', 'Other.Test:8443']]).host, 'other.test');
  assert.equal(accepted([...GET, ['host', 'GATEWAY.test']]).host, 'gateway.test');
  assert.equal(codeOf([...GET, ['host', 'other.test']]), 'malformed_request');
  assert.equal(codeOf([...GET, ['host', 'gateway.test:80']]), 'malformed_request');
  assert.equal(codeOf(but(':authority')), 'malformed_request');
});

test('H2-07 what a translation to HTTP/1.1 could smuggle is malformed', () => {
  const rows: readonly Pairs[] = [
    // Lines within fields.
    [...GET, ['x', 'a\r\nx-user-id: root']],
    [...GET, ['x', 'a\nx-user-id: root']],
    [...GET, ['x', 'a\rb']],
    [...GET, ['x', 'a\0b']],
    [...GET, ['x\r\nx-user-id', 'root']],
    [...GET, ['x: y\r\nx-user-id', 'root']],
    [...GET, ['cookie', 'a=1'], ['cookie', 'b\r\nx: y']],
    [...GET, ['x', 'a\r\n\r\nGET /admin HTTP/1.1\r\nhost: a']],
    [...POST, ['content-length', '0\r\ntransfer-encoding: chunked']],
    but(':path', '/ HTTP/1.1\r\nx: y\r\nz:'),
    but(':path', '/ HTTP/1.1\r\n\r\nGET /admin'),
    but(':path', '/a b'),
    but(':path', '/a\tb'),
    but(':path', '/a#b'),
    but(':method', 'GET /admin HTTP/1.1\r\nx:'),
    but(':method', 'GET /admin'),
    but(':method', 'get'),
    but(':method', ''),
    but(':authority', 'gateway.test\r\nx: y'),
    but(':authority', 'gateway.test/admin?'),
    but(':authority', 'root@gateway.test'),
    but(':authority', ''),
    but(':scheme', 'https://gateway.test/admin?'),
    but(':scheme', ''),
    // Names.
    [...GET, ['', 'x']],
    [...GET, ['X-One', '1']],
    [...GET, ['x one', '1']],
    [...GET, ['x:one', '1']],
    [...GET, ['transfer_encoding', 'chunked']],
    // The connection's.
    [...GET, ['connection', 'close']],
    [...GET, ['connection', 'x-user-id']],
    [...GET, ['proxy-connection', 'keep-alive']],
    [...GET, ['keep-alive', 'timeout=5']],
    [...POST, ['transfer-encoding', 'chunked']],
    [...GET, ['upgrade', 'websocket']],
    [...GET, ['te', 'trailers, chunked']],
    // Targets.
    but(':path', ''),
    but(':path', '*'),
    but(':path', 'admin'),
    but(':path', 'http://gateway.test/admin'),
    // Pseudo-fields.
    but(':method'),
    but(':scheme'),
    but(':path'),
    [...GET, [':path', '/admin']],
    [...GET, ['x', 'y'], [':protocol', 'websocket']],
    [...GET, [':protocol', 'websocket']],
    [...GET, [':status', '200']],
    [['x', 'y'], ...GET],
    // Lengths.
    [...POST, ['content-length', '5']],
    [...POST, ['content-length', '0'], ['content-length', '0']],
    [...POST, ['content-length', '+0']],
    [...POST, ['content-length', '0, 0']],
  ];
  for (const pairs of rows) assert.equal(codeOf(pairs), 'malformed_request', JSON.stringify(pairs));
  // A body without a length is none where HTTP/1.1 takes none.
  assert.equal(codeOf(GET, false), 'malformed_request');
  assert.equal(codeOf([...POST, ['content-length', '00']], false), 'malformed_request');
});

test('the target is a path, and of OPTIONS it may be *', () => {
  assert.equal(accepted(but(':path', '*', but(':method', 'OPTIONS'))).rawPath, '*');
});

test('CONNECT, with :protocol too, and TRACE are methods that are not served', () => {
  const connect: Pairs = [
    [':method', 'CONNECT'],
    [':authority', 'internal.test:22'],
  ];
  assert.equal(codeOf(connect), 'method_not_allowed');
  assert.equal(codeOf([...but(':method', 'CONNECT'), [':protocol', 'websocket']]), 'method_not_allowed');
  assert.equal(codeOf(but(':method', 'TRACE')), 'method_not_allowed');
});

test('H2-05 fields are counted as they came, cookies by the piece, and bytes before they are joined', () => {
  const pieces = (count: number): Pairs => Array.from({ length: count }, () => ['cookie', 'a'] as const);
  assert.equal(codeOf([...GET, ...pieces(10)]), undefined);
  assert.equal(codeOf([...GET, ...pieces(11)]), 'headers_too_large');
  assert.equal(codeOf([...GET, ['x', 'y'.repeat(900)]]), undefined);
  assert.equal(codeOf([...GET, ['x', 'y'.repeat(1024)]]), 'headers_too_large');
  const entry = 'y'.repeat(500);
  assert.equal(codeOf([...GET, ['x', entry], ['x', entry], ['x', entry]]), 'headers_too_large');
  assert.equal(codeOf(but(':path', `/${'a'.repeat(300)}`)), 'uri_too_long');
});
