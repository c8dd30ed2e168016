import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../refusal.ts';
import { readReplyHead } from './reply-head.ts';
import { handshakeFault, readHandshake, type Handshake } from './websocket.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

type Fields = readonly (readonly [name: string, value: string])[];
const GOOD: Fields = [
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', KEY],
];

function read(fields: Fields): Handshake | Refusal {
  return readHandshake({ names: fields.map(([name]) => name), values: fields.map(([, value]) => value) });
}

/** Without the fields called `name`. */
const without = (name: string): Fields => GOOD.filter(([other]) => other !== name);

function good(...more: Fields): Handshake {
  const handshake = read([...GOOD, ...more]);
  if (handshake instanceof Refusal) throw new Error(handshake.detail);
  return handshake;
}

test('RFC 6455 §1.3 the key of the example has the answer of the example', () => {
  assert.deepEqual(good(), { accept: ACCEPT, protocols: [], extensions: [] });
});

test('subprotocols and extensions are gathered from all their fields', () => {
  const { protocols, extensions } = good(
    ['sec-websocket-protocol', 'chat, superchat'],
    ['sec-websocket-protocol', 'Other'],
    ['sec-websocket-extensions', 'Permessage-Deflate; client_max_window_bits, permessage-deflate, x-webkit'],
  );
  assert.deepEqual(protocols, ['chat', 'superchat', 'Other']);
  assert.deepEqual(extensions, ['permessage-deflate', 'permessage-deflate', 'x-webkit']);
});

test('UPG-03 a version other than 13 is 426 with the version and the protocol that are served', () => {
  const version = (...values: string[]): Fields => [
    ...without('sec-websocket-version'),
    ...values.map((value) => ['sec-websocket-version', value] as const),
  ];
  for (const fields of [version(), version('8'), version('13', '13'), version('13, 8'), version('013')]) {
    const refusal = read(fields) as Refusal;
    assert.equal(refusal.code, 'upgrade_required', JSON.stringify(fields));
    assert.equal(refusal.status, 426);
    assert.ok(refusal.headers.some(([name, value]) => name === 'Sec-WebSocket-Version' && value === '13'));
    assert.ok(refusal.headers.some(([name, value]) => name === 'Upgrade' && value === 'websocket'));
  }
});

test('UPG-03 a key that is not 16 bytes in base64, once, is 400', () => {
  for (const keys of [
    [],
    [KEY, KEY],
    [''],
    ['dGhlIHNhbXBsZSBub25jZQ'],
    ['dGhlIHNhbXBsZSBub25jZR=='],
    ['dGhlIHNhbXBsZSBub25j'],
    ['dGhlIHNhbXBsZSBub25jZQ==, x'],
    ['dGhlIHNhbXBsZSBub25j_Q=='],
  ]) {
    const refusal = read([
      ...without('sec-websocket-key'),
      ...keys.map((key) => ['sec-websocket-key', key] as const),
    ]) as Refusal;
    assert.equal(refusal.code, 'malformed_request', JSON.stringify(keys));
  }
  assert.ok(read([...GOOD, ['sec-websocket-protocol', 'a b']]) instanceof Refusal);
});

const REPLY = {
  status: 'HTTP/1.1 101 Switching Protocols',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Accept': ACCEPT,
};

/** What is wrong with a 101 that differs from a good one by `changes`; a list is a field that comes twice. */
function faultOf(changes: Readonly<Record<string, string | readonly string[] | undefined>>, handshake = good()) {
  const { status, ...fields } = { ...REPLY, ...changes };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : (value ?? [])).map((one) => `${name}: ${one}\r\n`),
  );
  const head = readReplyHead(Buffer.from(`${status}\r\n${lines.join('')}`), 'GET', 100);
  if (typeof head === 'string') throw new Error(head);
  return handshakeFault(handshake, head);
}

test('a 101 that answers what was asked is let through, in any case of letters', () => {
  assert.equal(faultOf({}), undefined);
  assert.equal(faultOf({ Connection: 'keep-alive, upgrade', Upgrade: 'WebSocket' }), undefined);
  const offered = good(
    ['sec-websocket-protocol', 'a, b'],
    ['sec-websocket-extensions', 'permessage-deflate; client_max_window_bits'],
  );
  assert.equal(
    faultOf(
      {
        'Sec-WebSocket-Protocol': 'b',
        'Sec-WebSocket-Extensions': 'permessage-deflate; server_no_context_takeover',
      },
      offered,
    ),
    undefined,
  );
});

test('UPG-04 a 101 that answers something else is at fault', () => {
  const offered = good(['sec-websocket-protocol', 'a, b']);
  for (const changes of [
    { status: 'HTTP/1.0 101 Switching Protocols' },
    { Connection: undefined },
    { Connection: 'keep-alive' },
    { Upgrade: undefined },
    { Upgrade: 'h2c' },
    { Upgrade: 'websocket, h2c' },
    { Upgrade: ['websocket', 'h2c'] },
    { 'Sec-WebSocket-Accept': undefined },
    { 'Sec-WebSocket-Accept': ACCEPT.toLowerCase() },
    { 'Sec-WebSocket-Accept': [ACCEPT, ACCEPT] },
    { 'Sec-WebSocket-Protocol': 'c' },
    { 'Sec-WebSocket-Protocol': 'A' },
    { 'Sec-WebSocket-Protocol': 'a, b' },
    { 'Sec-WebSocket-Protocol': ['a', 'b'] },
    { 'Sec-WebSocket-Extensions': 'permessage-deflate' },
    { 'Content-Length': '5' },
    { 'Transfer-Encoding': 'chunked' },
  ]) {
    assert.equal(typeof faultOf(changes, offered), 'string', JSON.stringify(changes));
  }
});
