import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkedReader } from './chunked.ts';

function read(...pieces: string[]): { body: string; reader: ChunkedReader; rest: string } {
  const reader = new ChunkedReader();
  let body = '';
  let rest = '';
  for (const piece of pieces) {
    if (reader.done) rest += piece;
    else if (reader.fault === undefined) {
      const bytes = Buffer.from(piece, 'latin1');
      const at = reader.read(bytes, 0);
      body += reader.data.toString('latin1');
      if (reader.done) rest += bytes.toString('latin1', at);
    }
  }
  return { body, reader, rest };
}

test('chunks are joined and what follows them is left alone', () => {
  const { body, reader, rest } = read('5\r\nhello\r\nA;x=y\r\n, world!!!\r\n0\r\n\r\nGET / HTTP/1.1\r\n');
  assert.equal(reader.fault, undefined);
  assert.equal(reader.done, true);
  assert.equal(body, 'hello, world!!!');
  assert.equal(rest, 'GET / HTTP/1.1\r\n');
});

test('H1-14 a chunk size is plain hexadecimal', () => {
  for (const size of [
    '0x5',
    '+5',
    '-5',
    '5_0',
    ' 5',
    '5 ',
    '',
    'g',
    'ffffffffffffffff',
    '0'.repeat(20),
    '5\t',
    '1e400',
  ]) {
    const { reader, body } = read(`${size}\r\nhello\r\n0\r\n\r\n`);
    assert.ok(reader.fault !== undefined || (size === '1e400' && !reader.done), JSON.stringify([size, body]));
  }
});

test('H1-13 H1-15 a chunk is as long as it says and lines end in CRLF', () => {
  for (const text of [
    '5\r\nhello!\r\n0\r\n\r\n',
    '5\r\nhell\r\n0\r\n\r\n',
    '5\nhello\r\n0\r\n\r\n',
    '5\r\nhello\n0\r\n\r\n',
    '5\rhello',
    '5\r\nhelloXX',
    '0\r\n\n',
    '0\r\n\rX',
  ]) {
    const { reader } = read(text);
    assert.equal(reader.done, false, JSON.stringify(text));
  }
});

test('H1-16 extensions are dropped, checked and capped', () => {
  assert.equal(read('1;a="b c"\r\nx\r\n0;z\r\n\r\n').body, 'x');
  for (const extension of [';\n', ';\u0000', ';a\rb', ';\u007f'])
    assert.ok(read(`1${extension}\r\nx\r\n0\r\n\r\n`).reader.fault, extension);
  assert.ok(read(`1;${'a'.repeat(20_000)}\r\nx\r\n`).reader.fault);
  assert.ok(
    read(...Array.from({ length: 20_000 }, () => '1;a\r\nx\r\n')).reader.fault,
    'the cap is for the whole body',
  );
});

test('HDR-09 trailers are read apart from everything else', () => {
  const { reader, rest } = read('0\r\nX-One: 1\r\nX-Two: 2\r\n\r\nnext');
  assert.deepEqual(reader.trailers?.names, ['x-one', 'x-two']);
  assert.equal(rest, 'next');
  for (const trailers of [
    'X-One : 1\r\n\r\n',
    ' folded\r\n\r\n',
    'no colon\r\n\r\n',
    'A: b\n\r\n',
    `A: ${'b'.repeat(20_000)}\r\n\r\n`,
  ]) {
    assert.ok(read(`0\r\n${trailers}`).reader.fault, JSON.stringify(trailers.slice(0, 20)));
  }
});

test('H1-27 where the bytes are cut makes no difference', () => {
  const text = '5;x\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\nrest';
  const whole = read(text);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const cut = read(...at.slice(1).map((end, index) => text.slice(at[index], end)));
      assert.equal(cut.body, whole.body);
      assert.equal(cut.rest, whole.rest);
      assert.deepEqual(cut.reader.trailers, whole.reader.trailers);
    }),
  );
});
