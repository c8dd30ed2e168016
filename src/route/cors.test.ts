import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCors, isCorsReplyHeader, type Cors, type CorsOptions } from './cors.ts';

function corsOf(options: Partial<CorsOptions> = {}) {
  return createCors({
    origins: ['https://app.example.com'],
    methods: ['GET', 'PUT'],
    headers: ['authorization', 'content-type'],
    exposeHeaders: [],
    credentials: false,
    maxAgeMs: 600_000,
    ...options,
  });
}

function requestOf(method: string, ...fields: readonly (readonly [string, string])[]) {
  return { method, names: fields.map(([name]) => name), values: fields.map(([, value]) => value) };
}

function preflightOf(origin: string, method: string, ...more: readonly (readonly [string, string])[]) {
  return requestOf('OPTIONS', ['origin', origin], ['access-control-request-method', method], ...more);
}

/** What an attacker can make a browser or a tool send, against `https://app.example.com` alone. */
const HOSTILE = [
  'null',
  '',
  ' ',
  '*',
  'https://app.example.com.',
  'https://app.example.com/',
  'https://app.example.com:443',
  'https://app.example.com:8443',
  'https://app.example.com:',
  'https://app.example.com:0',
  'http://app.example.com',
  'HTTPS://app.example.com',
  'https://APP.example.com',
  'https://App.Example.Com',
  'https://example.com',
  'https://evil.com',
  'https://app.example.com.evil.com',
  'https://app.example.comevil.com',
  'https://app.example.com-evil.com',
  'https://evilapp.example.com',
  'https://evil-app.example.com',
  'https://evil.app.example.com',
  'https://appXexample.com',
  'https://app.exampleXcom',
  'https://app-example.com',
  'https://app.example.co',
  'https://pp.example.com',
  'https://app.example.com@evil.com',
  'https://evil.com@app.example.com',
  'https://user:pass@app.example.com',
  'https://evil.com/app.example.com',
  'https://evil.com?app.example.com',
  'https://evil.com#app.example.com',
  'https://evil.com/https://app.example.com',
  'https://evil.com\\app.example.com',
  'https://app.example.com\\.evil.com',
  'https://app.example.com%00.evil.com',
  'https://app.example.com%60.evil.com',
  'https://app.example.com`.evil.com',
  'https://app.example.com_.evil.com',
  'https://app.example.com,https://evil.com',
  'https://evil.com,https://app.example.com',
  'https://app.example.com https://evil.com',
  'https://evil.com https://app.example.com',
  ' https://app.example.com',
  'https://app.example.com ',
  '\thttps://app.example.com',
  'https://app.example.com\u00a0',
  'https:/app.example.com',
  'https:app.example.com',
  '//app.example.com',
  'app.example.com',
  'file://app.example.com',
  'chrome-extension://app.example.com',
  'data:text/html,app.example.com',
  'blob:https://app.example.com',
  'https://xn--pp-kia.example.com',
  'https://аpp.example.com',
  'https://[app.example.com]',
  'https://app..example.com',
  'constructor',
  '__proto__',
] as const;

test('CORS-01 no hostile origin is reflected, and every reply varies by origin', () => {
  assert.ok(HOSTILE.length >= 52);
  for (const options of [{}, { credentials: true }]) {
    const cors = corsOf(options);
    for (const origin of HOSTILE) {
      assert.equal(cors.replyHeaders(origin), 'Vary: Origin\r\n', origin);
      assert.equal(cors.preflight(preflightOf(origin, 'GET')), 'Vary: Origin\r\n', origin);
    }
    assert.equal(cors.replyHeaders(undefined), 'Vary: Origin\r\n');
    assert.match(cors.replyHeaders('https://app.example.com'), /^Vary: Origin\r$/m);
  }
});

test('UPG-02 CORS-01 a hostile origin is refused where that is asked, and so is one that comes twice', () => {
  const refuses = (cors: Cors, ...origins: readonly string[]) =>
    cors.refuses({ names: origins.map(() => 'origin'), values: origins });
  const cors = corsOf({});
  for (const origin of HOSTILE) assert.equal(refuses(cors, origin), true, origin);
  assert.equal(refuses(cors, 'https://app.example.com'), false);
  assert.equal(refuses(cors, 'https://app.example.com', 'https://app.example.com'), true);
  // No page: a page cannot leave it out.
  assert.equal(refuses(cors), false);
  assert.equal(refuses(corsOf({ origins: ['*'] }), 'https://evil.example'), false);
});

test('CORS-01 a pattern reflects no hostile origin either', () => {
  const cors = corsOf({ origins: ['https://*.app.example.com', 'https://v1.*.example.org'] });
  const more = [
    'http://abc.app.example.com',
    'abc.app.example.com',
    'https://.app.example.com',
    'https://a..app.example.com',
    'https://-_.app.example.com',
    'https://a.app.example.com:444',
    'https://evil.com/.app.example.com',
    'https://evil.com#.app.example.com',
    'https://evil.com:1.app.example.com',
    'https://u@v.app.example.com',
    'https://A.app.example.com',
    'https://a\r\n.app.example.com',
    'https://v1.example.org',
    'https://v1..example.org',
  ];
  for (const origin of [...HOSTILE.filter((text) => text !== 'https://evil.app.example.com'), ...more]) {
    assert.equal(cors.replyHeaders(origin), 'Vary: Origin\r\n', origin);
    assert.equal(cors.preflight(preflightOf(origin, 'GET')), 'Vary: Origin\r\n', origin);
  }
  for (const origin of ['https://a.app.example.com', 'https://a-1.b.app.example.com', 'https://v1.x.example.org']) {
    assert.equal(cors.replyHeaders(origin), `Access-Control-Allow-Origin: ${origin}\r\nVary: Origin\r\n`);
    assert.match(cors.preflight(preflightOf(origin, 'PUT')) ?? '', /^Access-Control-Allow-Methods: /m);
  }
});

test('CORS-02 any origin with credentials cannot be made', () => {
  assert.throws(() => corsOf({ origins: ['*'], credentials: true }), /credentials/);
});

test('any origin without credentials gets the same reply, so no cache need tell them apart', () => {
  const cors = corsOf({ origins: ['*'], exposeHeaders: ['X-Total', 'ETag'] });
  const lines = 'Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: X-Total, ETag\r\n';
  assert.equal(cors.replyHeaders('https://a.example'), lines);
  assert.equal(cors.replyHeaders(undefined), lines);
  assert.doesNotMatch(cors.preflight(preflightOf('null', 'GET')) ?? '', /Vary/);
});

test('an allowed preflight is told everything at once', () => {
  const cors = corsOf({ credentials: true, exposeHeaders: ['ETag'], maxAgeMs: 90_500 });
  const request = preflightOf('https://app.example.com', 'PUT', [
    'access-control-request-headers',
    'Authorization,content-type, ,',
  ]);
  assert.equal(
    cors.preflight(request),
    'Access-Control-Allow-Origin: https://app.example.com\r\n' +
      'Access-Control-Allow-Credentials: true\r\n' +
      'Access-Control-Allow-Methods: GET, PUT\r\n' +
      'Access-Control-Allow-Headers: authorization, content-type\r\n' +
      'Access-Control-Max-Age: 90\r\n' +
      'Vary: Origin\r\n',
  );
  assert.equal(
    cors.replyHeaders('https://app.example.com'),
    'Access-Control-Allow-Origin: https://app.example.com\r\n' +
      'Access-Control-Allow-Credentials: true\r\n' +
      'Access-Control-Expose-Headers: ETag\r\n' +
      'Vary: Origin\r\n',
  );
});

test('CORS-03 a preflight that asks for more than is allowed gets no allow header', () => {
  const cors = corsOf();
  const origin = 'https://app.example.com';
  const asksTooMuch = [
    preflightOf(origin, 'DELETE'),
    preflightOf(origin, 'put'),
    preflightOf(origin, ''),
    preflightOf(origin, 'GET', ['access-control-request-headers', 'content-type, x-other']),
    preflightOf(origin, 'GET', ['access-control-request-headers', '*']),
    preflightOf(origin, 'GET', ['access-control-request-private-network', 'true']),
    preflightOf(origin, 'GET', ['origin', origin]),
    preflightOf(origin, 'GET', ['access-control-request-method', 'GET']),
  ];
  for (const request of asksTooMuch) assert.equal(cors.preflight(request), 'Vary: Origin\r\n', JSON.stringify(request));
});

test('CORS-03 an OPTIONS request that is no preflight goes the way of all requests', () => {
  const cors = corsOf();
  assert.equal(cors.preflight(requestOf('OPTIONS')), undefined);
  assert.equal(cors.preflight(requestOf('OPTIONS', ['origin', 'https://app.example.com'])), undefined);
  assert.equal(cors.preflight(requestOf('OPTIONS', ['access-control-request-method', 'GET'])), undefined);
  assert.equal(cors.preflight({ ...preflightOf('https://app.example.com', 'GET'), method: 'GET' }), undefined);
});

test("CORS-04 the service's own CORS headers are known by name", () => {
  for (const name of ['access-control-allow-origin', 'access-control-expose-headers', 'access-control-max-age']) {
    assert.ok(isCorsReplyHeader(name));
  }
  for (const name of ['vary', 'x-access-control-allow-origin', 'access-control']) assert.ok(!isCorsReplyHeader(name));
});

test('CORS-06 a pattern stands for whole labels or is not made', () => {
  const bad = [
    'https://*example.com',
    'https://app*.example.com',
    'https://*',
    'https://*.*.example.com',
    'https://a.*com',
  ];
  for (const origin of bad) assert.throws(() => corsOf({ origins: [origin] }), /whole labels/, origin);
});
