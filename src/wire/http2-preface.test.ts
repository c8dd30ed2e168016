import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHttp2 } from './http2-preface.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

test('the whole preface is HTTP/2, a part of it is not yet known', () => {
  for (let end = 0; end < PREFACE.length; end++) assert.equal(isHttp2(PREFACE.subarray(0, end)), undefined);
  assert.equal(isHttp2(PREFACE), true);
  assert.equal(isHttp2(Buffer.concat([PREFACE, Buffer.from([0])])), true);
});

test('any other byte at any place is not', () => {
  for (let at = 0; at < PREFACE.length; at++) {
    const other = Buffer.from(PREFACE);
    other[at] = 0x21;
    assert.equal(isHttp2(other.subarray(0, at + 1)), false);
    assert.equal(isHttp2(other), false);
  }
});
