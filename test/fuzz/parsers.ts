/**
 * Mutants straight into the parsers, a few microseconds a case. What is accepted
 * must mean the same when it is written out plainly and read again, and where
 * the bytes are cut must make no difference.
 */
import assert from 'node:assert/strict';
import { Refusal } from '../../src/refusal.ts';
import { ChunkedReader } from '../../src/wire/chunked.ts';
import { keptFields } from '../../src/wire/fields.ts';
import { readReplyHead } from '../../src/wire/reply-head.ts';
import { readRequestHead, type RequestHead } from '../../src/wire/request-head.ts';
import { createRandom, mutatedReply, mutatedRequest, type Random } from './mutations.ts';

const LIMITS = { requestLineBytes: 8192, headFields: 100 };
const nothing = (): boolean => false;

/** Returns how many of the mutants were accepted. Throws on the first that breaks a rule. */
export function fuzzParsers(seed: number, cases: number): number {
  const random = createRandom(seed);
  let accepted = 0;
  for (let done = 0; done < cases; done++) {
    const which = done % 3;
    if (which === 0) accepted += fuzzRequest(mutatedRequest(random));
    else if (which === 1) accepted += fuzzReply(mutatedReply(random));
    else accepted += fuzzChunked(mutatedReply(random), random);
  }
  return accepted;
}

function readRequest(text: string): RequestHead | Refusal {
  const bytes = Buffer.from(text, 'latin1');
  return readRequestHead(bytes, bytes.length, LIMITS);
}

function headOf(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n');
  return end === -1 ? undefined : text.slice(0, end + 2);
}

function fuzzRequest(text: string): number {
  const head = headOf(text);
  if (head === undefined) return 0;
  const first = readRequest(head);
  if (first instanceof Refusal) return 0;
  const query = first.query === undefined ? '' : `?${first.query}`;
  const target = first.method === 'OPTIONS' && first.rawPath === '*' ? '*' : first.rawPath + query;
  const framing =
    first.bodyLength === 0
      ? ''
      : first.bodyLength < 0
        ? 'Transfer-Encoding: chunked\r\n'
        : `Content-Length: ${first.bodyLength}\r\n`;
  const host = first.absoluteForm ? `Host: ${first.authority}\r\n` : '';
  const plain = `${first.method} ${target} HTTP/1.${first.http10 ? 0 : 1}\r\n${host}${keptFields(first.text, first.section, first.nominated, (name) => first.absoluteForm && name === 'host')}${framing}`;
  assert.doesNotMatch(plain, /[^\r]\n|\r[^\n]|\0/, 'a line break or NUL got through');
  const second = readRequest(plain);
  assert.ok(!(second instanceof Refusal), `written plainly it is refused: ${JSON.stringify(text)}`);
  assert.deepEqual(
    [second.method, second.rawPath, second.query, second.host, second.bodyLength],
    [first.method, first.rawPath, first.query, first.host, first.bodyLength],
  );
  return 1;
}

function fuzzReply(text: string): number {
  const head = headOf(text);
  if (head === undefined) return 0;
  const reply = readReplyHead(Buffer.from(head, 'latin1'), 'GET', 100);
  if (typeof reply === 'string') return 0;
  assert.ok(reply.status >= 100 && reply.status <= 599);
  assert.doesNotMatch(keptFields(reply.text, reply.section, reply.nominated, nothing), /[^\r]\n|\r[^\n]|\0/);
  return 1;
}

function fuzzChunked(text: string, random: Random): number {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  const whole = readChunked([body]);
  const cut = Math.floor(random() * body.length);
  assert.deepEqual(readChunked([body.slice(0, cut), body.slice(cut)]), whole, `cut at ${cut}: ${JSON.stringify(body)}`);
  return whole.done ? 1 : 0;
}

function readChunked(pieces: readonly string[]): { data: string; done: boolean; fault: string | undefined } {
  const reader = new ChunkedReader();
  let data = '';
  for (const piece of pieces) {
    if (reader.done || reader.fault !== undefined) break;
    reader.read(Buffer.from(piece, 'latin1'), 0);
    data += reader.data.toString('latin1');
  }
  return { data, done: reader.done, fault: reader.fault };
}
