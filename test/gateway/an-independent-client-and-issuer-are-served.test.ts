import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from 'undici';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startOidcProvider } from '../support/oidc.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const upstream = await startUpstream();
after(() => upstream.close());

test('undici pipelines 2,000 requests with bodies of all sizes, and each gets its own answer', async () => {
  const gateway = await startGateway(openRoute(upstream.url));
  const client = new Client(`http://127.0.0.1:${gateway.port}`, { pipelining: 8 });
  try {
    await Promise.all(
      Array.from({ length: 2000 }, async (_, id) => {
        const body = `${id}:${'x'.repeat((id * 37) % 5000)}`;
        const { statusCode, body: answer } = await client.request({ path: `/${id}`, method: 'PUT', body });
        const seen = (await answer.json()) as Received;
        assert.deepEqual([statusCode, seen.target, seen.body], [200, `/${id}`, body]);
      }),
    );
  } finally {
    await client.close();
    await gateway.close();
  }
});

test('tokens of oidc-provider open what their scopes name, and nothing else', async () => {
  const provider = await startOidcProvider();
  const { issuer } = provider;
  const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer}", jwks_uri: "${issuer}/jwks", audience: orders-api, token_type: at+jwt } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - path: /orders
    kind: internal
    upstream: orders
    methods: [GET, POST]
    auth: { issuer: main, scopes: { GET: [orders:read], POST: [orders:write] } }
    plugins: [inject-claims: { headers: { X-Client-ID: client_id } }]
`);
  try {
    const token = await provider.token('orders:read');
    const headers = { Authorization: `Bearer ${token}` };
    const read = await ask(gateway.port, '/orders', { headers });
    assert.equal(read.status, 200, read.body);
    assert.deepEqual(
      read.json<Received>().headers.find(([name]) => name === 'X-Client-ID'),
      ['X-Client-ID', 'billing'],
    );
    const write = await ask(gateway.port, '/orders', { method: 'POST', body: '{}', headers });
    assert.equal(write.json().code, 'insufficient_scope');
  } finally {
    await gateway.close();
    provider.close();
  }
});
