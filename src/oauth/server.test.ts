import assert from 'node:assert/strict';
import test from 'node:test';
import {
  addClient,
  basic,
  ISSUER,
  startAuthorizationServer,
  type TestServer,
} from '../../test/support/authorization-server.ts';
import { createMemoryStore } from '../../test/support/memory-store.ts';
import { until } from '../../test/support/other-end.ts';
import { revocationOf } from '../../test/support/stored.ts';
import type { StoredClient } from '../store/store.ts';
import { PUBLISH_AHEAD_MS } from './key-schedule.ts';
import type { Desk } from './desk.ts';
import { revokeClient, rotateSecret } from './manage-clients.ts';
import { sha256 } from './secret.ts';

const GRANT = { grant_type: 'client_credentials' };
const DAY = 86_400_000;

async function setUp(client: Partial<StoredClient> = {}, options = {}) {
  const store = createMemoryStore();
  const { id, secret } = await addClient(store, client);
  const served = await startAuthorizationServer({ store, options });
  const fields = [basic(id, secret)];
  const token = async (form: Readonly<Record<string, string>> = {}): Promise<string> =>
    String((await served.post('oauth2-token', { ...GRANT, ...form }, { fields })).body.access_token);
  return { ...served, id, secret, fields, token };
}

function deskOn({ store, clock, events }: TestServer): Desk {
  return { store, issuer: ISSUER, now: clock.wall, note: (event) => void events.push(event), by: 'alice' };
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
}

test('OA-12 grants and scopes that a client may not have are refused by name', async () => {
  const { post, fields, events } = await setUp();
  for (const [form, error] of [
    [{}, 'invalid_request'],
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
    [{ grant_type: 'authorization_code' }, 'unsupported_grant_type'],
    [{ ...GRANT, scope: 'admin' }, 'invalid_scope'],
    [{ ...GRANT, scope: 'billing:read admin' }, 'invalid_scope'],
    [{ ...GRANT, scope: 'billing:read  billing:write' }, 'invalid_scope'],
    [{ ...GRANT, scope: ' billing:read' }, 'invalid_scope'],
    [{ ...GRANT, scope: 'billing:read\tadmin' }, 'invalid_scope'],
    [{ ...GRANT, scope: 'billing:read\u00a0admin' }, 'invalid_scope'],
    [{ ...GRANT, scope: 'billing:rea' }, 'invalid_scope'],
    [{ ...GRANT, scope: 'constructor' }, 'invalid_scope'],
    [{ ...GRANT, resource: 'https://other.example' }, 'invalid_target'],
  ] as const) {
    const { status, body } = await post('oauth2-token', form, { fields });
    assert.deepEqual([status, body.error], [400, error], JSON.stringify(form));
    assert.equal(events.at(-1)?.refusal, error);
    assert.equal(events.at(-1)?.client, 'billing');
  }
  assert.equal(events.filter(({ kind }) => kind === 'token_issued').length, 0);
});

test('OA-12 a client gets what it asks for within what it may have', async () => {
  const { token } = await setUp({ audiences: ['internal', 'https://billing.example'], tokenTtlMs: 60_000 });
  const claims = claimsOf(
    await token({ scope: 'billing:write billing:read billing:write', resource: 'https://billing.example' }),
  );
  assert.equal(claims.scope, 'billing:write billing:read');
  assert.equal(claims.aud, 'https://billing.example');
  assert.equal((claims.exp as number) - (claims.iat as number), 60);
});

test('a scope that is declared no more is given to nobody', async () => {
  const { post, fields, token } = await setUp({}, { scopes: new Map([['billing:write', 'Write']]) });
  assert.equal(
    (await post('oauth2-token', { ...GRANT, scope: 'billing:read' }, { fields })).body.error,
    'invalid_scope',
  );
  assert.equal(claimsOf(await token()).scope, undefined);
});

test('RFC 8705 §3: a token asked for with a certificate is bound to it', async () => {
  const { post, fields } = await setUp();
  const { body } = await post('oauth2-token', GRANT, { fields, certificateSha256: 'ab'.repeat(32) });
  const thumbprint = Buffer.from('ab'.repeat(32), 'hex').toString('base64url');
  assert.deepEqual(claimsOf(String(body.access_token)).cnf, { 'x5t#S256': thumbprint });
});

test('RFC 8414 §3: the metadata says what there is, behind the path of the issuer', async () => {
  const { get, server } = await setUp({}, { issuer: 'https://gateway.internal/auth', scopes: new Map([['a', 'A']]) });
  const metadata = JSON.parse((await get('oauth2-metadata')).body) as Readonly<Record<string, unknown>>;
  assert.equal(metadata.issuer, 'https://gateway.internal/auth');
  assert.equal(metadata.token_endpoint, 'https://gateway.internal/auth/oauth2/token');
  assert.equal(metadata.jwks_uri, 'https://gateway.internal/auth/oauth2/jwks');
  assert.deepEqual(metadata.scopes_supported, ['a']);
  assert.deepEqual(
    server.routes.map(({ path }) => path),
    [
      '/auth/oauth2/token',
      '/auth/oauth2/introspect',
      '/auth/oauth2/revoke',
      '/auth/oauth2/jwks',
      '/.well-known/oauth-authorization-server/auth',
    ],
  );
});

test('RFC 7662 §2: a good token is active, and anything else is not', async () => {
  const { post, fields, token, clock } = await setUp();
  const good = await token();
  const introspect = async (value: string) => (await post('oauth2-introspect', { token: value }, { fields })).body;
  const { active, ...rest } = await introspect(good);
  assert.equal(active, true);
  assert.deepEqual(rest, { ...claimsOf(good), token_type: 'Bearer' });
  const [head, payload, signature] = good.split('.');
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
  for (const bad of [
    'x',
    'a.b.c',
    `${head}.${payload}.AAAA`,
    `${none}.${payload}.`,
    `${head}.${payload}.${signature}x`,
  ]) {
    assert.deepEqual(await introspect(bad), { active: false });
  }
  assert.equal((await post('oauth2-introspect', { token: good })).status, 401);
  assert.equal((await post('oauth2-introspect', {}, { fields })).body.error, 'invalid_request');
  clock.advance(300_000);
  assert.deepEqual(await introspect(good), { active: false });
});

test('OA-18 RFC 7009 §2: a client gives back its own tokens, twice if it likes, and never those of another', async () => {
  const served = await setUp();
  const { post, fields, token, server, store, events } = served;
  const orders = await addClient(store, { id: 'orders' });
  await served.pass(200);
  const good = await token();
  const other = await token();
  const revoke = (value: string, as = fields) => post('oauth2-revoke', { token: value }, { fields: as });
  assert.deepEqual((await revoke(good, [basic(orders.id, orders.secret)])).body.error, 'invalid_request');
  assert.equal(server.isRevoked(claimsOf(good)), false);
  assert.equal((await revoke(good)).status, 200);
  assert.equal(server.isRevoked(claimsOf(good)), true);
  assert.equal((await revoke(good)).status, 200);
  assert.equal((await revoke('unknown')).status, 200);
  assert.equal((await store.revocations()).length, 1);
  assert.equal(events.filter(({ kind }) => kind === 'revoked').length, 1);
  assert.equal(server.isRevoked(claimsOf(other)), false);
  assert.deepEqual((await post('oauth2-introspect', { token: good }, { fields })).body, { active: false });
  assert.equal((await post('oauth2-revoke', { token: other })).status, 401);
});

test('OA-18 what another process revoked is refused within a second, and the client gets no more', async () => {
  const served = await setUp();
  const token = await served.token();
  await revokeClient(deskOn(served), 'billing', 'its host was broken into');
  await served.pass(1000);
  assert.equal(served.server.isRevoked(claimsOf(token)), true);
  const { status, body } = await served.post('oauth2-token', GRANT, { fields: served.fields });
  assert.deepEqual([status, body.error], [401, 'invalid_client']);
});

test('OA-18 a client of the file that is revoked gets no tokens either', async () => {
  const secret = 'x'.repeat(40);
  const fixed = { secretSha256: sha256(secret).toString('hex'), jwks: undefined, audiences: [], tokenTtlMs: undefined };
  const options = { staticClients: [{ ...fixed, id: 'fixed', scopes: ['billing:read'] }] };
  const served = await setUp({}, options);
  const fields = [basic('fixed', secret)];
  assert.equal((await served.post('oauth2-token', GRANT, { fields })).status, 200);
  const never = served.clock.wall() + 100 * 365 * DAY;
  await served.store.addRevocation(
    revocationOf('fixed', { issuer: ISSUER, issuedUntil: never, expiresAt: never, createdAt: served.clock.wall() }),
  );
  await served.pass(200);
  assert.equal((await served.post('oauth2-token', GRANT, { fields })).body.error, 'invalid_client');
});

test('no token is handed out that is revoked by its second: the client is told to come again', async () => {
  const served = await setUp();
  const now = served.clock.wall();
  const grain = { grain: 'issuer', issuer: ISSUER, issuedUntil: now, createdAt: now, expiresAt: now + DAY } as const;
  await served.store.addRevocation(revocationOf('', grain));
  await served.pass(200);
  const early = await served.post('oauth2-token', GRANT, { fields: served.fields });
  assert.deepEqual([early.status, early.body.error], [503, 'temporarily_unavailable']);
  await served.pass(1000);
  assert.equal((await served.post('oauth2-token', GRANT, { fields: served.fields })).status, 200);
});

test('two secrets are good while they overlap, then one', async () => {
  const served = await setUp();
  const made = await rotateSecret(deskOn(served), 'billing', 3_600_000);
  assert.ok('secret' in made && made.secret !== undefined);
  await served.pass(200);
  const fresh = [basic('billing', made.secret)];
  const status = async (fields: typeof fresh) => (await served.post('oauth2-token', GRANT, { fields })).status;
  assert.deepEqual([await status(served.fields), await status(fresh)], [200, 200]);
  await served.pass(3_600_000);
  assert.deepEqual([await status(served.fields), await status(fresh)], [401, 200]);
});

test('while the store is away tokens are verified; issuing and giving back answer 503', async () => {
  const served = await setUp();
  const token = await served.token();
  served.store.away = true;
  await served.pass(1000);
  assert.equal(served.server.ready(), true);
  const refused = await served.post('oauth2-token', GRANT, { fields: served.fields });
  assert.deepEqual([refused.status, refused.body.error], [503, 'temporarily_unavailable']);
  const form = { token };
  assert.equal((await served.post('oauth2-introspect', form, { fields: served.fields })).body.active, true);
  const { status, fields } = await served.post('oauth2-revoke', form, { fields: served.fields });
  assert.equal(status, 503);
  assert.match(fields, /^Retry-After: 1\r$/m);
  assert.equal(served.server.isRevoked(claimsOf(token)), false);
  assert.deepEqual(served.logged.filter(([event]) => event === 'oauth_store_unavailable').length, 1);
  served.store.away = false;
  await served.pass(200);
  assert.equal((await served.post('oauth2-revoke', form, { fields: served.fields })).status, 200);
  assert.equal((await served.post('oauth2-token', GRANT, { fields: served.fields })).status, 200);
  assert.ok(served.logged.some(([event]) => event === 'oauth_store_back'));
});

test('until the store was read nothing is answered, and then everything is', async () => {
  const store = createMemoryStore();
  const { id, secret } = await addClient(store);
  store.away = true;
  const served = await startAuthorizationServer({ store });
  assert.equal(served.server.ready(), false);
  const fields = [basic(id, secret)];
  assert.equal((await served.post('oauth2-token', GRANT, { fields })).status, 503);
  assert.equal((await served.get('oauth2-jwks')).status, 503);
  store.away = false;
  await served.pass(200);
  await until(served.server.ready);
  assert.equal((await served.post('oauth2-token', GRANT, { fields })).status, 200);
});

test('keys rotate on schedule: published first, and old tokens stay good', async () => {
  const served = await setUp({}, { keyRotationMs: DAY });
  let told = 0;
  served.server.keys.onChange(() => told++);
  const kids = () => (JSON.parse(served.server.keys.text()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  const kidOf = (token: string) =>
    (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
  const [first] = kids();
  await served.pass(DAY - PUBLISH_AHEAD_MS);
  await until(() => told === 1);
  assert.equal(kids().length, 2);
  assert.equal(kidOf(await served.token()), first);
  await served.pass(PUBLISH_AHEAD_MS - 1000);
  const last = await served.token();
  assert.equal(kidOf(last), first);
  await served.pass(1000);
  assert.equal(kidOf(await served.token()), kids()[1]);
  assert.equal((await served.post('oauth2-introspect', { token: last }, { fields: served.fields })).body.active, true);
  await served.pass(3_600_000 + 300_000);
  await until(() => kids().length === 1);
  assert.equal(served.events.filter(({ kind }) => kind === 'key_rotated').length, 2);
});

test('two servers on one store that start at once sign with one key', async () => {
  const store = createMemoryStore();
  const both = await Promise.all([startAuthorizationServer({ store }), startAuthorizationServer({ store })]);
  await Promise.all(both.map(({ pass }) => pass(200)));
  await until(() => both[0].server.keys.text() === both[1].server.keys.text());
  assert.equal((await store.keys()).length, 1);
});

test('keys sealed with another passphrase are not replaced: the server is not ready, and says why', async () => {
  const first = await startAuthorizationServer({ options: { passphrase: 'one' } });
  const { server, logged, store } = await startAuthorizationServer({
    store: first.store,
    options: { passphrase: 'two' },
  });
  assert.equal(server.ready(), false);
  assert.ok(
    logged.some(
      ([event, fields]) => event === 'oauth_refresh_failed' && /another passphrase/.test(String(fields?.error)),
    ),
  );
  assert.equal((await store.keys()).length, 1);
  assert.ok(!(await store.keys())[0]!.privateKey.includes('"d"'));
});
