import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../refusal.ts';
import { emptyLines, findHeadEnd } from './head-end.ts';

const sizes = { requestLineBytes: 20, headBytes: 60 };
const find = (text: string, searched = 0) => findHeadEnd(Buffer.from(text), searched, sizes);

function refusedAs(code: string, text: string): void {
  const end = find(text);
  assert.ok(end instanceof Refusal, JSON.stringify(text));
  assert.equal(end.code, code);
}

test('a head ends behind its last field line', () => {
  assert.equal(find('GET / HTTP/1.1\r\nA: b\r\n\r\nbody'), 22);
  assert.equal(find('GET / HTTP/1.1\r\nA: b\r\n'), undefined);
  assert.equal(find('GET / HTTP/1.1\r\nA: b\r\n\r\n', 23), 22, 'the end was cut in two');
});

test('H1-13 a bare line feed is not waited on', () => {
  refusedAs('malformed_request', 'GET / HTTP/1.1\nA: b');
  refusedAs('malformed_request', '\n');
});

test('H1-24 what is too long is said as soon as it is', () => {
  refusedAs('uri_too_long', `GET /${'a'.repeat(80)}`);
  refusedAs('headers_too_large', `GET / HTTP/1.1\r\nA: ${'b'.repeat(80)}`);
  refusedAs('headers_too_large', `GET / HTTP/1.1\r\nA: ${'b'.repeat(80)}\r\n\r\n`);
});

test('empty lines before a request are passed over', () => {
  assert.equal(emptyLines(Buffer.from('\r\n\r\nGET')), 4);
  assert.equal(emptyLines(Buffer.from('\rGET')), 0);
});
