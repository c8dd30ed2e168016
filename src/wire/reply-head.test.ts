import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readReplyHead, UNTIL_CLOSE } from './reply-head.ts';
import { CHUNKED } from './request-head.ts';

const read = (lines: readonly string[], method = 'GET') =>
  readReplyHead(Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1'), method, 100);

function lengthOf(lines: readonly string[], method?: string): number {
  const head = read(lines, method);
  assert.ok(typeof head !== 'string', JSON.stringify(head));
  return head.bodyLength;
}

test('RFC 9112 §6.3 the length of a reply body', () => {
  assert.equal(lengthOf(['HTTP/1.1 200 OK', 'Content-Length: 5']), 5);
  assert.equal(lengthOf(['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked']), CHUNKED);
  assert.equal(lengthOf(['HTTP/1.1 200 OK']), UNTIL_CLOSE);
  assert.equal(lengthOf(['HTTP/1.1 200 OK', 'Content-Length: 5'], 'HEAD'), 0);
  assert.equal(lengthOf(['HTTP/1.1 204 No Content']), 0);
  assert.equal(lengthOf(['HTTP/1.1 304 Not Modified', 'Content-Length: 5']), 0);
  assert.equal(lengthOf(['HTTP/1.1 103 Early Hints', 'Link: </a>']), 0);
});

test('RSP-01 a head that is not one is refused', () => {
  for (const lines of [
    ['HTTP/1.1 20 OK'],
    ['HTTP/1.1 2000 OK'],
    ['HTTP/1.1 099 OK'],
    ['HTTP/1.1 600 OK'],
    ['HTTP/1.1  200 OK'],
    ['HTTP/1.1\t200 OK'],
    ['HTTP/1.2 200 OK'],
    ['HTTP/2 200 OK'],
    ['HTTP/0.9 200 OK'],
    ['http/1.1 200 OK'],
    ['ICY 200 OK'],
    ['HTTP/1.1 200OK'],
    ['HTTP/1.1 200 O\u0000K'],
    ['HTTP/1.1 200 O\u007fK'],
    ['HTTP/1.1 2 0 OK'],
    [' HTTP/1.1 200 OK'],
    ['HTTP/1.1 200 OK', 'X-One : 1'],
    ['HTTP/1.1 200 OK', ' X-One: 1'],
    ['HTTP/1.1 200 OK', 'X-One: 1\r\n folded'],
    ['HTTP/1.1 200 OK', 'X-One'],
    ['HTTP/1.1 200 OK', 'Connection: a b'],
    ['HTTP/1.1 200 OK', ': empty'],
  ]) {
    assert.equal(typeof read(lines), 'string', JSON.stringify(lines));
  }
  assert.equal(typeof read(['HTTP/1.1 200']), 'object', 'the space before an empty reason is often left out');
});

test('RSP-02 RSP-03 a reply whose length is in doubt is refused', () => {
  for (const fields of [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Content-Length: 5, 5'],
    ['Content-Length: +5'],
    ['Content-Length: 05'],
    ['Content-Length:'],
    ['Transfer-Encoding: gzip, chunked'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: identity'],
    ['Transfer_Encoding: chunked'],
  ]) {
    assert.equal(typeof read(['HTTP/1.1 200 OK', ...fields]), 'string', JSON.stringify(fields));
  }
  assert.equal(typeof read(['HTTP/1.0 200 OK', 'Transfer-Encoding: chunked']), 'string');
});

test('RSP-05 control characters in values are refused', () => {
  for (const value of ['a\rb', 'a\nb', 'a\u0000b', 'a\u007fb'])
    assert.equal(typeof read(['HTTP/1.1 200 OK', `X: ${value}`]), 'string');
});

test('a connection is kept only when both its version and its length allow it', () => {
  const keeps = (lines: readonly string[]) => {
    const head = read(lines);
    return typeof head !== 'string' && head.keepAlive;
  };
  assert.equal(keeps(['HTTP/1.1 200 OK', 'Content-Length: 0']), true);
  assert.equal(keeps(['HTTP/1.1 200 OK', 'Content-Length: 0', 'Connection: close']), false);
  assert.equal(keeps(['HTTP/1.1 200 OK']), false);
  assert.equal(keeps(['HTTP/1.0 200 OK', 'Content-Length: 0']), false);
  assert.equal(keeps(['HTTP/1.0 200 OK', 'Content-Length: 0', 'Connection: keep-alive']), true);
});
