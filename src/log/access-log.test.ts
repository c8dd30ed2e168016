import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createAccessLog, maskQuery, routeText, type AccessEntry } from './access-log.ts';

const ENTRY: AccessEntry = {
  wallMs: Date.UTC(2026, 10, 24, 9, 8, 7, 6),
  requestId: '0123456789abcdef',
  method: 'GET',
  path: '/api/v1/orders',
  query: undefined,
  route: routeText('GET /api/v1/*', 'orders'),
  status: 200,
  durationMs: 12.3456,
  upstreamMs: 10,
  address: '192.0.2.1',
  subject: 'user-1',
  clientId: undefined,
  bytesIn: 0,
  bytesOut: 512,
  refusal: undefined,
  stage: undefined,
  tunnelEnd: undefined,
};

function textOf(entry: Partial<AccessEntry>, sensitive: readonly string[] = ['access_token']): string {
  let text = '';
  createAccessLog((line) => (text += line), sensitive)({ ...ENTRY, ...entry });
  return text;
}

function lineOf(entry: Partial<AccessEntry>): Record<string, unknown> {
  return JSON.parse(textOf(entry)) as Record<string, unknown>;
}

test('a line holds the fields of the contract, in their order', () => {
  assert.equal(
    textOf({}),
    '{"time":"2026-11-24T09:08:07.006Z","request_id":"0123456789abcdef","method":"GET","path":"/api/v1/orders",' +
      '"route":"GET /api/v1/*","status":200,"duration_ms":12.3,"upstream":"orders","upstream_ms":10,' +
      '"address":"192.0.2.1","subject":"user-1","client_id":null,"bytes_in":0,"bytes_out":512}\n',
  );
});

test('`refusal` is there if and only if the gateway gave the answer, and `upstream` only where it was asked', () => {
  const refusal = { code: 'invalid_token', reason: 'expired', limit: undefined };
  const line = lineOf({ refusal, stage: 'authenticate', status: 401, upstreamMs: undefined, subject: undefined });
  assert.equal(line.refusal, 'invalid_token');
  assert.equal(line.reason, 'expired');
  assert.equal(line.stage, 'authenticate');
  assert.equal(line.upstream, null);
  assert.equal(line.upstream_ms, null);
  assert.ok(!('refusal' in lineOf({})) && !('stage' in lineOf({})));
  assert.ok(!('reason' in lineOf({ refusal: { code: 'no_route', reason: undefined, limit: undefined } })));
  const limited = lineOf({ refusal: { code: 'rate_limited', reason: undefined, limit: 'the "login"' } });
  assert.equal(limited.limit, 'the "login"');
  assert.ok(!('limit' in line));
  assert.equal(lineOf({ route: routeText(undefined, undefined) }).route, null);
});

test('OBS-02 whatever is sent, it is one line of JSON, safe on a terminal, and capped', () => {
  const evil = fc.string({
    unit: fc.constantFrom(
      '\r',
      '\n',
      '\u001b[2J',
      '\u009b',
      '"',
      '\\',
      '\0',
      '\ud800',
      '\udfff',
      '\u2028',
      '\u202e',
      'é',
      'a',
    ),
  });
  fc.assert(
    fc.property(evil, evil, evil, (path, subject, clientId) => {
      const text = textOf({ path, query: subject, subject, clientId });
      assert.match(text, /^[^\n]*\n$/);
      assert.doesNotMatch(text.slice(0, -1), /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]/);
      assert.ok(text.isWellFormed());
      assert.equal((JSON.parse(text) as Record<string, unknown>).subject, subject);
    }),
    { numRuns: 2_000 },
  );
  const huge = textOf({
    path: 'x'.repeat(1_000_000),
    subject: '\u001b'.repeat(1_000_000),
    clientId: '😀'.repeat(5_000),
  });
  assert.ok(huge.length < 30_000);
  assert.ok(huge.isWellFormed());
  assert.equal(String(lineOf({ path: 'x'.repeat(3_000) }).path).length, 2_051);
});

test('OBS-01 the value of a sensitive parameter is never logged, in any spelling of its name', () => {
  const secrets = [
    'access_token=S3CRET',
    'a=1&access_token=S3CRET&b=2',
    'ACCESS_TOKEN=S3CRET',
    '%61ccess%5Ftoken=S3CRET',
    'a=1;access_token=S3CRET',
    'access_token=S3CRET=S3CRET',
    'access_token=S3CRET&access_token=S3CRET',
    'access_token=%53S3CRET',
  ];
  for (const query of secrets) {
    const text = textOf({ query });
    assert.doesNotMatch(text, /S3CRET/, query);
    assert.match(text, /\*\*\*/, query);
  }
  assert.equal(lineOf({ query: 'a=1&access_token=x&b=2' }).path, '/api/v1/orders?a=1&access_token=***&b=2');
});

test('other parameters are logged byte for byte', () => {
  const sensitive = new Set(['token']);
  for (const query of [
    '',
    '&',
    'token',
    'token&a=1',
    'mytoken=1',
    'token%=1',
    '%zz=1&a',
    'a=token=1',
    '==',
    'b=%2f&&c=../',
  ]) {
    assert.equal(maskQuery(query, sensitive), query);
  }
  assert.equal(lineOf({ query: '' }).path, '/api/v1/orders?');
  assert.equal(maskQuery('token=x', new Set()), 'token=x');
});
