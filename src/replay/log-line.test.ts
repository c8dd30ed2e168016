import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccessLog, routeText } from '../log/access-log.ts';
import { readLogLine } from './log-line.ts';

const AT = Date.UTC(2026, 10, 24, 16, 30, 0, 250);

/** A line as the gateway writes it. */
function own(path: string, subject: string | undefined, refusal: string | undefined): string {
  let line = '';
  const log = createAccessLog((text) => (line = text.trimEnd()), []);
  log({
    wallMs: AT,
    requestId: 'r1',
    method: 'GET',
    address: '192.0.2.7',
    path,
    query: 'page=2',
    route: routeText('/api/*', 'app'),
    status: 200,
    durationMs: 1,
    upstreamMs: 1,
    subject,
    clientId: undefined,
    bytesIn: 0,
    bytesOut: 2,
    refusal: refusal === undefined ? undefined : { code: refusal, reason: undefined, limit: undefined },
    stage: undefined,
    tunnelEnd: undefined,
  });
  return line;
}

const READ = {
  atMs: AT,
  address: '192.0.2.7',
  method: 'GET',
  path: '/api/x',
  status: 200,
  subject: 'user-1',
  clientId: undefined,
  refusal: undefined,
};

test('a line of ours', () => {
  assert.deepEqual(readLogLine(own('/api/x', 'user-1', undefined)), READ);
  assert.deepEqual(readLogLine(own('/api/x', undefined, 'rate_limited')), {
    ...READ,
    subject: undefined,
    refusal: 'rate_limited',
  });
});

test('a line of ours with something escaped in it says the same as without', () => {
  assert.equal(readLogLine(own('/api/x', 'a "quoted" one', undefined))?.subject, 'a "quoted" one');
  const forged = readLogLine(own('/api/x","method":"POST', 'user-1', undefined));
  assert.equal(forged?.method, 'GET');
});

test('a line of ours that somebody has put in another order', () => {
  const { time, address, ...rest } = JSON.parse(own('/api/x', 'user-1', undefined)) as Record<string, unknown>;
  assert.deepEqual(readLogLine(JSON.stringify({ ...rest, address, extra: {}, time })), READ);
});

test('the common and the combined format, with their zone', () => {
  const common = '192.0.2.7 - user-1 [24/Nov/2026:18:30:00 +0200] "GET /api/x?page=2 HTTP/1.1" 200 2';
  const seconds = { ...READ, atMs: AT - 250 };
  assert.deepEqual(readLogLine(common), seconds);
  assert.deepEqual(readLogLine(`${common} "https://a.example/" "curl/8"`), seconds);
  assert.equal(readLogLine(common.replace('user-1', '-'))?.subject, undefined);
  assert.equal(readLogLine(common.replace('+0200', '-0130'))?.atMs, Date.UTC(2026, 10, 24, 20, 0, 0));
});

for (const line of [
  'no log',
  '{"time":"2026-11-24',
  '{"time":"never","request_id":"r","method":"GET","path":"/","status":200,"address":"a","subject":null,"client_id":null}',
  '{"a":1}',
  '[]',
  '192.0.2.7 - - [24/Nov/2026:18:30:00 +0200] "GET / HTTP/1.1" abc 2',
  '192.0.2.7 - - [99/Foo/2026:18:30:00 +0200] "GET / HTTP/1.1" 200 2',
  '192.0.2.7 - - [24/Nov/2026:18:30:00 +0200] "\\x16\\x03" 400 0',
]) {
  test(`no line of an access log: ${line}`, () => assert.equal(readLogLine(line), undefined));
}
