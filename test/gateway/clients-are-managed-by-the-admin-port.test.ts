import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { ask, type Ask } from '../support/client.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

const TOKEN = 'a-token-of-this-test-0123456789abcdef';
const WITH_TOKEN = { env: { TOKEN }, admin: 'token: "${TOKEN}"' };
const upstream = await startUpstream();
const folder = createFolder();
const oauth2 = `oauth2: { issuer: https://gateway.internal, store: 'sqlite:${folder}/gatehouse.db', audience: internal }`;
const yaml = `
${oauth2}
upstreams: { service: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, kind: internal, upstream: service, auth: { issuer: self, scopes: [billing:read] }, rate_limit: none }]
`;
const gateway = await startGateway(yaml, WITH_TOKEN);
after(async () => {
  await gateway.close();
  await upstream.close();
});

function manage(
  path: string,
  { method = 'POST', body, token = TOKEN }: { method?: string; body?: object; token?: string } = {},
) {
  const options: Ask = {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  };
  return ask(gateway.adminPort, `/oauth2/clients${path}`, options);
}

async function tokenOf(id: string, secret: string): Promise<string | undefined> {
  const reply = await ask(gateway.port, '/oauth2/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }).toString(),
  });
  return reply.status === 200 ? reply.json<{ access_token: string }>().access_token : undefined;
}

test('OA-18 a client made by the admin port gets tokens, and is revoked there with all of them', async () => {
  const made = await manage('', { body: { name: 'reports', scopes: ['billing:read'] } });
  assert.equal(made.status, 201, made.body);
  assert.equal(made.headers.get('cache-control'), 'no-store');
  const { client_id: id, client_secret: secret } = made.json<Record<string, string>>();
  // What was answered works: nothing is waited for.
  const token = await tokenOf(id!, secret!);
  const call = () => ask(gateway.port, '/invoices', { headers: { Authorization: `Bearer ${token}` } });
  assert.equal((await call()).status, 200);

  const revoked = await manage('/reports/revoke', { body: { reason: 'its host was broken into' } });
  assert.equal(revoked.json<{ state: string }>().state, 'revoked');
  assert.equal((await call()).json().reason, 'revoked');
  for (const written of [gateway.accessText(), JSON.stringify(gateway.events)]) {
    assert.ok(!written.includes(secret!) && !written.includes(TOKEN));
  }
});

test('without the token nothing is shown, nothing is changed, and no body is waited for', async () => {
  for (const token of ['', 'x', `${TOKEN}x`, TOKEN.slice(1)]) {
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
      ['DELETE', '/reports'],
      ['POST', '/reports/rotate'],
      ['PUT', '/x/y/z'],
    ] as const) {
      const reply = await manage(path, { method, token });
      assert.equal(reply.status, 401);
      assert.equal(reply.headers.get('www-authenticate'), 'Bearer realm="gatehouse admin"');
      assert.equal(reply.headers.get('content-type'), 'application/problem+json');
    }
  }
  const socket = connect(gateway.adminPort, '127.0.0.1');
  socket.write('POST /oauth2/clients HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1\.1 401 /);
  const metrics = await ask(gateway.adminPort, '/metrics');
  assert.match(metrics.body, /^gatehouse_admin_refused_total 21$/m);
  assert.equal((await ask(gateway.adminPort, '/healthz')).status, 200);
});

test('a body that is too long or no JSON is refused', async () => {
  const long = await manage('', { body: { name: 'x'.repeat(70_000), scopes: [] } });
  assert.equal(long.status, 413);
  const form = await ask(gateway.adminPort, '/oauth2/clients', {
    method: 'POST',
    headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'name=a',
  });
  assert.equal(form.status, 415);
});

test('without an admin token, and without `oauth2`, there is no such page', async () => {
  const without = await startGateway(yaml.replace('gatehouse.db', 'other.db'));
  const off = await startGateway(openRoute(upstream.url), WITH_TOKEN);
  try {
    for (const { adminPort } of [without, off]) {
      const headers = { Authorization: `Bearer ${TOKEN}` };
      assert.equal((await ask(adminPort, '/oauth2/clients', { headers })).status, 404);
      assert.equal((await ask(adminPort, '/oauth2/clients', { method: 'POST', headers, body: '{}' })).status, 405);
    }
  } finally {
    await Promise.all([without.close(), off.close()]);
  }
});
