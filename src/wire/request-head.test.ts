import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../refusal.ts';
import { CHUNKED, readRequestHead } from './request-head.ts';
import type { RequestHead } from './request-head.ts';

const limits = { requestLineBytes: 8192, headFields: 100 };

function read(...lines: string[]): RequestHead | Refusal {
  const bytes = Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');
  return readRequestHead(bytes, bytes.length, limits);
}

function accepted(...lines: string[]): RequestHead {
  const head = read(...lines);
  assert.ok(!(head instanceof Refusal), `refused: ${head instanceof Refusal ? head.detail : ''}`);
  return head;
}

function refusedAs(code: string, ...lines: string[]): void {
  const head = read(...lines);
  assert.ok(head instanceof Refusal, `accepted: ${JSON.stringify(lines)}`);
  assert.equal(head.code, code, JSON.stringify(lines));
}

const post = (...fields: string[]) => ['POST / HTTP/1.1', 'Host: a.test', ...fields];

test('an ordinary head is read into its parts', () => {
  const head = accepted('GET /a/b?c=%2f&d=//../ HTTP/1.1', 'Host: A.Test:8080', 'X-One: 1', 'x-two:  2\t');
  assert.equal(head.method, 'GET');
  assert.equal(head.rawPath, '/a/b');
  assert.equal(head.query, 'c=%2f&d=//../');
  assert.equal(head.host, 'a.test');
  assert.equal(head.authority, 'A.Test:8080');
  assert.deepEqual(head.names, ['host', 'x-one', 'x-two']);
  assert.deepEqual(head.values, ['A.Test:8080', '1', '2']);
  assert.equal(head.bodyLength, 0);
  assert.equal(head.keepAlive, true);
});

test('H1-01 Transfer-Encoding beside Content-Length is refused in either order', () => {
  refusedAs('malformed_request', ...post('Content-Length: 5', 'Transfer-Encoding: chunked'));
  refusedAs('malformed_request', ...post('Transfer-Encoding: chunked', 'Content-Length: 5'));
});

test('H1-02 H1-03 H1-04 fields that a lenient server would take for framing are refused', () => {
  for (const line of [
    'Transfer_Encoding: chunked',
    'Transfer.Encoding: chunked',
    '_Transfer_Encoding: chunked',
    'Transfer-Encoding_: chunked',
    'Content_Length: 5',
    'Content-Length!: 5',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding\t: chunked',
    ' Transfer-Encoding: chunked',
    'Transfer\x00-Encoding: chunked',
    'Transfer-Encoding\u000b: chunked',
    'Transfer Encoding: chunked',
  ]) {
    refusedAs('malformed_request', ...post(line));
  }
});

test('H1-05 H1-06 the only transfer coding is chunked, once', () => {
  assert.equal(accepted(...post('Transfer-Encoding: chunked')).bodyLength, CHUNKED);
  assert.equal(accepted(...post('transfer-encoding: Chunked')).bodyLength, CHUNKED);
  for (const value of [
    ',chunked',
    'chunked,',
    'chunked, chunked',
    'identity',
    'gzip',
    'gzip, chunked',
    'chunked, gzip',
    'chunked;q=1',
    '"chunked"',
    "'chunked'",
    'xchunked',
    'chunkedx',
    'chunk',
    '\u00a0chunked',
    'chunked\u000b',
    '\u000cchunked',
    '',
  ]) {
    refusedAs('malformed_request', ...post(`Transfer-Encoding: ${value}`));
  }
  refusedAs('malformed_request', ...post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'));
});

test('H1-07 H1-08 H1-09 a length has one spelling and stands once', () => {
  assert.equal(accepted(...post('Content-Length: 5')).bodyLength, 5);
  assert.equal(accepted(...post('Content-Length: 0')).bodyLength, 0);
  for (const value of [
    '+5',
    '-0',
    '-5',
    '0x5',
    '5_0',
    '5e0',
    '5.0',
    '',
    '1Z',
    '010',
    '0000000000010',
    '5, 5',
    '5 5',
    '99999999999999999999',
    '१',
  ]) {
    refusedAs('malformed_request', ...post(`Content-Length: ${value}`));
  }
  refusedAs('malformed_request', ...post('Content-Length: 5', 'Content-Length: 5'));
  refusedAs('malformed_request', ...post('Content-Length: 5', 'content-length: 6'));
});

test('H1-10 HTTP/1.0 has no transfer codings', () => {
  refusedAs('malformed_request', 'POST / HTTP/1.0', 'Host: a', 'Transfer-Encoding: chunked');
  assert.equal(accepted('POST / HTTP/1.0', 'Host: a', 'Content-Length: 3').bodyLength, 3);
});

test('H1-11 H1-12 H1-13 field lines are refused unless they are exactly field lines', () => {
  for (const line of [
    'X-One: 1\r\n 2',
    'X-One: 1\r\n\t2',
    ' X-One: 1',
    'X-One : 1',
    'X-One\t: 1',
    'no colon',
    ': no name',
    'X-One: a\rb',
    'X-One: a\nb',
    'X-One: a\u0000b',
    'X-One: a\u007fb',
    'X\u0000One: 1',
    'X(One): 1',
    'X\u00e9: 1',
  ]) {
    refusedAs('malformed_request', 'GET / HTTP/1.1', 'Host: a', line);
  }
  refusedAs('malformed_request', 'GET / HTTP/1.1', ' Host: a');
});

test('H1-17 a body comes only with methods that have one', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    refusedAs('malformed_request', `${method} / HTTP/1.1`, 'Host: a', 'Content-Length: 5');
    refusedAs('malformed_request', `${method} / HTTP/1.1`, 'Host: a', 'Transfer-Encoding: chunked');
    accepted(`${method} / HTTP/1.1`, 'Host: a', 'Content-Length: 0');
  }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    accepted(`${method} / HTTP/1.1`, 'Host: a', 'Content-Length: 5');
});

test('H1-19 the only expectation is 100-continue', () => {
  assert.equal(accepted(...post('Content-Length: 5', 'Expect: 100-continue')).expectsContinue, true);
  assert.equal(accepted(...post('Expect: 100-Continue')).expectsContinue, false, 'there is no body to continue with');
  assert.equal(
    accepted('POST / HTTP/1.0', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue').expectsContinue,
    false,
  );
  for (const value of ['y 100-continue', '100-continue, 100-continue', '100', ''])
    refusedAs('malformed_request', ...post(`Expect: ${value}`));
  refusedAs('malformed_request', ...post('Expect:\r\n 100-continue'));
});

test('H1-22 the request line has one form', () => {
  for (const line of [
    'GET  / HTTP/1.1',
    'GET\t/ HTTP/1.1',
    'GET /  HTTP/1.1',
    'GET / / HTTP/1.1',
    'GET / HTTP/1.1 ',
    'GET / HTTP/1',
    'GET / HTTP/01.1',
    'GET / http/1.1',
    'GET / HTTP/1.2',
    'GET / HTTP/9.9',
    'GET / HTTP/2.0',
    'GET / HTTP/1.10',
    'GET /',
    'GET',
    '',
    ' GET / HTTP/1.1',
    'GET /a\u0000 HTTP/1.1',
    'GET /\u00e9 HTTP/1.1',
    'GET /\u007f HTTP/1.1',
  ]) {
    refusedAs('malformed_request', line, 'Host: a');
  }
});

test('H1-23 UPG-09 methods that are not served are refused', () => {
  for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'FOO'])
    refusedAs('method_not_allowed', `${method} / HTTP/1.1`, 'Host: a');
  for (const method of ['get', 'Get', 'GE T', 'G\u0000T', 'A'.repeat(10_000)]) {
    const head = read(`${method} / HTTP/1.1`, 'Host: a');
    assert.ok(head instanceof Refusal);
  }
});

test('H1-24 sizes are limited', () => {
  accepted(`GET /${'a'.repeat(7900)} HTTP/1.1`, 'Host: a');
  refusedAs('uri_too_long', `GET /${'a'.repeat(8200)} HTTP/1.1`, 'Host: a');
  const fields = Array.from({ length: 101 }, (_, at) => `X-${at}: 1`);
  refusedAs('headers_too_large', 'GET / HTTP/1.1', 'Host: a', ...fields);
});

test('PATH-12 a fragment is no part of a target', () => {
  refusedAs('malformed_request', 'GET /a#b HTTP/1.1', 'Host: a');
});

test('PATH-17 Host stands once and is a host', () => {
  refusedAs('malformed_request', 'GET / HTTP/1.1');
  refusedAs('malformed_request', 'GET / HTTP/1.1', 'Host: a', 'Host: a');
  refusedAs('malformed_request', 'GET / HTTP/1.1', 'Host: a', 'host: b');
  for (const host of [
    '',
    'a b',
    'a,b',
    'a/b',
    'user@a',
    'a:b',
    'a:',
    'a:99999',
    'a:80:80',
    '[::1',
    '[::1]x',
    '[zz]',
    'a%62',
    'a?',
    'a#',
    'a\\b',
  ]) {
    refusedAs('malformed_request', 'GET / HTTP/1.1', `Host: ${host}`);
  }
  for (const [host, name] of [
    ['A.Example.com', 'a.example.com'],
    ['a.example.com.', 'a.example.com'],
    ['a:8080', 'a'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]:80', '[::1]'],
    ['a_b.test', 'a_b.test'],
  ] as const) {
    assert.equal(accepted('GET / HTTP/1.1', `Host: ${host}`).host, name);
  }
});

test('PATH-18 the authority of an absolute target wins over Host', () => {
  const head = accepted('GET http://b.test:81/p?q HTTP/1.1', 'Host: a.test');
  assert.equal(head.host, 'b.test');
  assert.equal(head.authority, 'b.test:81');
  assert.equal(head.absoluteForm, true);
  assert.equal(head.rawPath, '/p');
  assert.equal(head.query, 'q');
  assert.equal(accepted('GET http://b.test HTTP/1.1', 'Host: a.test').rawPath, '/');
  assert.equal(accepted('GET http://b.test?q HTTP/1.1', 'Host: a.test').query, 'q');
  for (const target of ['http://', 'http:///p', 'http://u@b/p', 'ftp://b/p', 'http:/b/p', 'http://b:x/p']) {
    refusedAs('malformed_request', `GET ${target} HTTP/1.1`, 'Host: a.test');
  }
});

test('PATH-19 other forms of target are refused', () => {
  for (const line of [
    'GET * HTTP/1.1',
    'GET admin HTTP/1.1',
    'GET host:80 HTTP/1.1',
    'OPTIONS */x HTTP/1.1',
    'OPTIONS *?x HTTP/1.1',
    'GET ?x HTTP/1.1',
  ]) {
    refusedAs('malformed_request', line, 'Host: a');
  }
});

test('HDR-07 every Connection field is read', () => {
  const head = accepted('GET / HTTP/1.1', 'Host: a', 'Connection: X-One , close', 'connection: ,x-two');
  assert.equal(head.keepAlive, false);
  assert.deepEqual([...head.nominated!], ['x-one', 'close', 'x-two']);
  refusedAs('malformed_request', 'GET / HTTP/1.1', 'Host: a', 'Connection: a b');
});

test('UPG-03 a caller asks for another protocol by GET, in HTTP/1.1, and by both fields', () => {
  const upgradeOf = (...lines: string[]) => accepted(...lines).upgrade;
  const get = (...fields: string[]) => upgradeOf('GET / HTTP/1.1', 'Host: a', ...fields);
  assert.equal(get('Connection: Upgrade', 'Upgrade: WebSocket'), 'websocket');
  assert.equal(get('Upgrade: websocket', 'Connection: keep-alive, uPGRADE'), 'websocket');
  assert.equal(get('Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: h2c'), 'websocket,h2c');
  assert.equal(get('Connection: Upgrade'), undefined);
  assert.equal(get('Upgrade: websocket'), undefined);
  assert.equal(get('Connection: keep-alive', 'Upgrade: websocket'), undefined);
  const both = ['Host: a', 'Connection: Upgrade, keep-alive', 'Upgrade: websocket'];
  assert.equal(upgradeOf('GET / HTTP/1.0', ...both), undefined);
  assert.equal(upgradeOf('HEAD / HTTP/1.1', ...both), undefined);
  assert.equal(upgradeOf('POST / HTTP/1.1', ...both), undefined);
});
