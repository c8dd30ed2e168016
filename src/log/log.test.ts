import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from './operator-log.ts';
import { createRequestId, keepRequestId } from './request-id.ts';
import { createTimestamp } from './time.ts';
import { nextTrace } from './trace-context.ts';

test('time stamps agree with the standard library, whichever way the clock goes', () => {
  const timestamp = createTimestamp();
  for (const now of [0, 1, 999, 1_000, 1_764_000_000_999, 1_764_000_001_000, 1_764_000_000_010, 1_764_000_000_010.9]) {
    assert.equal(timestamp(now), new Date(now).toISOString());
  }
});

test('the operator reads one JSON line an event, at the level asked for and above', () => {
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line), 'info', { wall: () => 0 });
  const cyclic: Record<string, unknown> = { name: 'x' };
  cyclic.self = cyclic;
  log('debug', 'hidden');
  log('info', 'listening', { port: 8080, host: '::1', tls: false, none: undefined, nothing: null, list: ['a', 1] });
  log('error', 'fetch-failed', {
    error: new Error('fetch failed', { cause: new Error('connect ECONNREFUSED') }),
    text: 'a\nb\u001b',
    number: Number.NaN,
    big: 10n,
    cyclic,
  });
  assert.equal(lines.length, 2);
  assert.equal(
    lines[0],
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"listening","port":8080,"host":"::1","tls":false,' +
      '"nothing":null,"list":["a",1]}\n',
  );
  const error = JSON.parse(lines[1]!) as Record<string, unknown>;
  assert.equal(error.error, 'fetch failed: connect ECONNREFUSED');
  assert.equal(error.text, 'a\nb\u001b');
  assert.equal(error.number, null);
  assert.equal(error.big, '10');
  assert.doesNotMatch(lines[1]!.slice(0, -1), /[\x00-\x1f]/);
});

test('HDR-19 a request id is kept in a safe form only', () => {
  for (const given of ['a', 'req-1_2.3', 'A'.repeat(128)]) assert.equal(keepRequestId(given), given);
  const unsafe = [
    undefined,
    '',
    ' ',
    'a b',
    'a\r\nX: 1',
    'a\n',
    'é',
    'A'.repeat(129),
    'x'.repeat(10_000),
    'a/b',
    '"',
    '<a>',
  ];
  for (const given of unsafe) assert.match(keepRequestId(given), /^[0-9a-f]{32}$/);
});

test('request ids do not repeat', () => {
  assert.equal(new Set(Array.from({ length: 100_000 }, createRequestId)).size, 100_000);
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

test('a valid traceparent is continued under a new parent id, with the flags that are known', () => {
  const cases = [
    [`00-${TRACE}-${PARENT}-01`, '01'],
    [`00-${TRACE}-${PARENT}-00`, '00'],
    [`00-${TRACE}-${PARENT}-03`, '03'],
    [`00-${TRACE}-${PARENT}-fe`, '02'],
    [`cc-${TRACE}-${PARENT}-01`, '01'],
    [`cc-${TRACE}-${PARENT}-01-what-comes`, '01'],
  ] as const;
  for (const [given, flags] of cases) {
    const { traceparent, continued } = nextTrace(given);
    assert.ok(continued, given);
    assert.match(traceparent, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-${flags}$`));
    assert.ok(!traceparent.includes(PARENT));
    assert.notEqual(nextTrace(given).traceparent, traceparent);
  }
});

test('an invalid traceparent, or none, begins a new trace', () => {
  const invalid = [
    undefined,
    '',
    `00-${TRACE}-${PARENT}`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE}-${PARENT}-01-`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}-${PARENT}-012`,
    `cc-${TRACE}-${PARENT}-01.x`,
    `ff-${TRACE}-${PARENT}-01`,
    `0-${TRACE}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}x-${PARENT}-01`,
    ` 00-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01\r\nx: y`,
    `00-${TRACE}-${PARENT}-01,00-${TRACE}-${PARENT}-01`,
  ];
  for (const given of invalid) {
    const { traceparent, continued } = nextTrace(given);
    assert.ok(!continued, given);
    assert.match(traceparent, /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
    assert.ok(!traceparent.includes(TRACE));
  }
});
