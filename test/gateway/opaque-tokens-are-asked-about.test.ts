import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { test, type TestContext } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const SECRET = 'a secret of this test';
const GOOD = { active: true, aud: 'orders', sub: 'user-1', scope: 'orders:read', client_id: 'shop' };

async function setUp(t: TestContext, keys: string, answer: (form: URLSearchParams) => [status: number, body: string]) {
  const issuer = await startIssuer({ audience: 'orders' });
  const asked: { authorization: string | undefined; form: URLSearchParams }[] = [];
  const introspect: RequestListener = (request, response) => {
    if (request.method === 'GET') return void response.end(JSON.stringify(issuer.jwks()));
    let text = '';
    request.on('data', (bytes) => (text += String(bytes)));
    request.on('end', () => {
      const form = new URLSearchParams(text);
      asked.push({ authorization: request.headers.authorization, form });
      const [status, body] = answer(form);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    return undefined;
  };
  issuer.answerWith(introspect);
  const upstream = await startUpstream();
  const gateway = await startGateway(
    `
issuers:
  main:
    issuer: "${issuer.issuer}"
    ${keys.replace('JWKS', issuer.jwksUri)}
    audience: orders
    introspection: { endpoint: "${issuer.jwksUri}", client_id: gateway, client_secret: "\${SECRET}" }
upstreams: { app: { targets: ["${upstream.url}"] } }
routes:
  - path: /*
    kind: internal
    upstream: app
    auth: { issuer: main, scopes: { GET: [orders:read], POST: [orders:write] } }
    plugins: [{ inject-claims: { headers: { X-User-ID: sub } } }]
`,
    { env: { SECRET } },
  );
  t.after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));
  const call = (token: string, method = 'GET') =>
    ask(gateway.port, '/', { method, headers: { Authorization: `Bearer ${token}` } });
  return { issuer, asked, upstream, call };
}

test('OA-16 a token that is no JWT is what its issuer says of it; the service sees its claims and never the token', async (t) => {
  const { asked, upstream, call } = await setUp(t, '', (form) => [
    200,
    JSON.stringify(form.get('token') === 'good' ? GOOD : { active: false }),
  ]);
  assert.equal((await call('good')).status, 200);
  const { headers } = upstream.received[0]!;
  assert.deepEqual(
    headers.filter(([name]) => /^(?:x-user-id|authorization)$/i.test(name)),
    [['X-User-ID', 'user-1']],
  );
  const refused = await call('bad');
  assert.deepEqual([refused.status, refused.json().code, refused.json().reason], [401, 'invalid_token', 'inactive']);
  assert.equal(upstream.received.length, 1);
  const basic = Buffer.from(asked[0]!.authorization!.slice('Basic '.length), 'base64').toString();
  assert.equal(basic, `gateway:${new URLSearchParams([['', SECRET]]).toString().slice(1)}`);
});

test('OA-17 a cached answer is not asked for again, and its scopes are looked at with every request', async (t) => {
  const { asked, call } = await setUp(t, '', () => [200, JSON.stringify(GOOD)]);
  assert.equal((await call('good')).status, 200);
  assert.equal((await call('good', 'POST')).json().code, 'insufficient_scope');
  assert.equal((await call('good')).status, 200);
  assert.equal(asked.length, 1);
});

for (const [status, body] of [
  [500, '{}'],
  [200, 'no JSON'],
  [200, '[]'],
  [401, '{"error":"invalid_client"}'],
  [302, ''],
] as const) {
  test(`OA-16 ${status} ${body || 'without a body'} of the endpoint is 503, and nothing is let through`, async (t) => {
    const { upstream, call } = await setUp(t, '', () => [status, body]);
    const { status: got, json, headers } = await call('good');
    assert.deepEqual([got, json().code], [503, 'keys_unavailable']);
    assert.ok(Number(headers.get('retry-after')) >= 1);
    assert.equal(upstream.received.length, 0);
  });
}

test('an issuer of both kinds: a JWT is checked by its keys and nobody is asked', async (t) => {
  const { issuer, asked, call } = await setUp(t, 'jwks_uri: "JWKS"', () => [200, JSON.stringify(GOOD)]);
  assert.equal((await call(await issuer.mint({ scope: 'orders:read' }))).status, 200);
  assert.equal(asked.length, 0);
  assert.equal((await call('opaque')).status, 200);
  assert.equal(asked.length, 1);
});
