import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startUpstream, type Received } from '../support/upstream.ts';
import { openStore } from '../../src/store/open.ts';

const folder = createFolder();
const upstream = await startUpstream();
const secrets = { billing: randomBytes(32).toString('base64url'), mailer: randomBytes(32).toString('base64url') };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const yaml = `
oauth2:
  issuer: https://gateway.internal
  store: sqlite:${folder}/gatehouse.db
  audience: internal
  clients:
    billing: { secret_sha256: ${sha256(secrets.billing)}, scopes: [billing:read] }
    mailer: { secret_sha256: ${sha256(secrets.mailer)}, scopes: [notifications:send] }
scopes:
  billing:read: Read invoices
  notifications:send: Send a notification
upstreams: { service: { targets: ["${upstream.url}"] } }
routes:
  - { path: /billing/*, kind: internal, upstream: service, auth: { issuer: self, scopes: [billing:read] }, rate_limit: none }
  - { path: /mail/*, kind: internal, upstream: service, auth: { issuer: self, scopes: [notifications:send] }, rate_limit: none }
`;
const gateway = await startGateway(yaml);
after(() => Promise.all([gateway.close(), upstream.close()]));

const basic = (client: keyof typeof secrets, secret = secrets[client]) =>
  `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`;

async function post(path: string, body: string, authorization: string, at: TestGateway = gateway) {
  const headers = { Authorization: authorization, 'Content-Type': 'application/x-www-form-urlencoded' };
  return ask(at.port, path, { method: 'POST', headers, body });
}

async function tokenOf(client: keyof typeof secrets, at: TestGateway = gateway): Promise<string> {
  const reply = await post('/oauth2/token', 'grant_type=client_credentials', basic(client), at);
  assert.equal(reply.status, 200, reply.body);
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  return reply.json<{ access_token: string }>().access_token;
}

const call = (path: string, token: string, at: TestGateway = gateway) =>
  ask(at.port, path, { headers: { Authorization: `Bearer ${token}` } });

test('a token opens what its scopes say, and is told what it lacks elsewhere', async () => {
  const token = await tokenOf('mailer');
  assert.equal((await call('/mail/send', token)).status, 200);
  const refused = await call('/billing/invoices', token);
  assert.deepEqual([refused.status, refused.json().code], [403, 'insufficient_scope']);
  assert.match(refused.headers.get('www-authenticate')!, /scope="billing:read"/);
  const seen = (await call('/billing/invoices', await tokenOf('billing'))).json<Received>();
  assert.ok(!JSON.stringify(seen.headers).includes('eyJ'), 'the service sees no token');
});

test('OA-12 OA-13 an unknown client and a wrong secret are told the same, and nothing is kept', async () => {
  const wrong = await post('/oauth2/token', 'grant_type=client_credentials', basic('billing', 'wrong'));
  const unknown = await post(
    '/oauth2/token',
    'grant_type=client_credentials',
    `Basic ${Buffer.from('nobody:wrong').toString('base64')}`,
  );
  for (const reply of [wrong, unknown]) {
    assert.deepEqual([reply.status, reply.json<{ error: string }>().error], [401, 'invalid_client']);
    assert.match(reply.headers.get('www-authenticate')!, /^Basic /);
  }
  assert.equal(wrong.body, unknown.body);
  for (const [body, error] of [
    ['grant_type=password', 'unsupported_grant_type'],
    ['grant_type=client_credentials&scope=billing:write', 'invalid_scope'],
    ['grant_type=client_credentials&scope=notifications:send', 'invalid_scope'],
    ['grant_type=client_credentials&grant_type=client_credentials', 'invalid_request'],
    ['', 'invalid_request'],
  ] as const) {
    const reply = await post('/oauth2/token', body, basic('billing'));
    assert.deepEqual([reply.status, reply.json<{ error: string }>().error], [400, error], body);
  }
});

test('OA-18 a revoked token is refused at once, here and after a restart; its neighbour goes on', async () => {
  const token = await tokenOf('billing');
  const other = await tokenOf('mailer');
  assert.equal((await call('/billing/a', token)).status, 200);
  for (const time of ['first', 'again']) {
    assert.equal((await post('/oauth2/revoke', `token=${token}`, basic('billing'))).status, 200, time);
  }
  const refused = await call('/billing/a', token);
  assert.deepEqual([refused.status, refused.json().code, refused.json().reason], [401, 'invalid_token', 'revoked']);
  assert.equal((await call('/mail/a', other)).status, 200);
  const again = await startGateway(yaml);
  assert.equal((await call('/billing/a', token, again)).json().reason, 'revoked');
  assert.equal((await call('/mail/a', other, again)).status, 200);
  await again.close();
});

test('the endpoints are told of where their metadata say, and the keys verify what was issued', async () => {
  const metadata = (await ask(gateway.port, '/.well-known/oauth-authorization-server')).json<Record<string, unknown>>();
  assert.equal(metadata['issuer'], 'https://gateway.internal');
  assert.equal(metadata['token_endpoint'], 'https://gateway.internal/oauth2/token');
  const { keys } = (await ask(gateway.port, '/oauth2/jwks')).json<{ keys: Record<string, unknown>[] }>();
  assert.ok(keys.length > 0 && keys.every((key) => key['d'] === undefined));
});

test('OBS-04 the trail says which client called which route with which scope, and what came of it', async () => {
  const own = createFolder();
  const noted = await startGateway(yaml.replaceAll(folder, own));
  const token = await tokenOf('mailer', noted);
  await call('/mail/send', token, noted);
  await call('/billing/invoices', token, noted);
  await noted.close();
  assert.ok(existsSync(`${own}/gatehouse.db`));
  const store = await openStore(`sqlite:${own}/gatehouse.db`);
  const calls = [];
  for await (const { event } of store.trail({ kinds: ['call'] })) calls.push(event);
  await store.close();
  assert.deepEqual(
    calls.map(({ client, route, scopes, status, refusal }) => [client, route, scopes, status, refusal]),
    [
      ['mailer', '/mail/*', ['notifications:send'], 200, undefined],
      ['mailer', '/billing/*', [], 403, 'insufficient_scope'],
    ],
  );
});
