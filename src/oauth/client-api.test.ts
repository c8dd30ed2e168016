import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  addClient,
  basic,
  ISSUER,
  startAuthorizationServer,
  readObject,
} from '../../test/support/authorization-server.ts';
import { createMemoryStore } from '../../test/support/memory-store.ts';
import { createClientApi } from './client-api.ts';
import type { StaticClient } from './clients.ts';

const FIXED: StaticClient = {
  id: 'fixed',
  secretSha256: 'ab'.repeat(32),
  jwks: undefined,
  scopes: ['billing:read'],
  audiences: [],
  tokenTtlMs: undefined,
};
const SECRET = /^gths_[0-9A-Za-z]{49}$/;
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

type Json = Readonly<Record<string, unknown>>;

async function setUp() {
  const store = createMemoryStore();
  const served = await startAuthorizationServer({ store, options: { staticClients: [FIXED] } });
  const { clock, events } = served;
  const api = createClientApi(
    { store, issuer: ISSUER, now: clock.wall, note: (event) => void events.push(event) },
    {
      staticClients: [FIXED],
      scopes: new Map([
        ['billing:read', ''],
        ['billing:write', ''],
      ]),
      secretOverlapMs: 3_600_000,
      readObject,
      takeOver: served.server.takeOver,
    },
  );
  async function call(method: string, path: string, body?: unknown) {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await api.answer({
      method,
      path: `${api.path}${path}`,
      body: Buffer.from(text),
      address: '127.0.0.1',
    });
    return { ...reply, json: reply.body === '' ? {} : (JSON.parse(reply.body) as Json) };
  }
  const tokenOf = async (id: string, secret: string): Promise<string | undefined> => {
    const { body } = await served.post(
      'oauth2-token',
      { grant_type: 'client_credentials' },
      { fields: [basic(id, secret)] },
    );
    return body.access_token as string | undefined;
  };
  return { ...served, store, call, tokenOf };
}

test('a client is made, shown without its secret, rotated, disabled, enabled, revoked and deleted', async () => {
  const { call, tokenOf, events, store } = await setUp();
  const made = await call('POST', '', { name: 'reports', scopes: ['billing:read'], token_ttl_ms: 60_000 });
  assert.equal(made.status, 201, made.body);
  const { client_id: id, client_secret: secret } = made.json as Record<string, string>;
  assert.match(secret!, SECRET);
  assert.notEqual(await tokenOf(id!, secret!), undefined);

  for (const path of ['', `/${id}`, '/reports']) {
    const shown = await call('GET', path);
    assert.equal(shown.status, 200);
    assert.ok(!shown.body.includes(secret!) && !shown.body.includes('sha256'), shown.body);
  }
  assert.deepEqual((await call('GET', '/reports')).json.default_scopes, ['billing:read']);

  const rotated = await call('POST', '/reports/rotate', { overlap_ms: 0 });
  const fresh = rotated.json.client_secret as string;
  assert.match(fresh, SECRET);
  assert.deepEqual([await tokenOf(id!, secret!), typeof (await tokenOf(id!, fresh))], [undefined, 'string']);

  assert.equal((await call('POST', `/${id}/disable`)).json.state, 'disabled');
  assert.equal(await tokenOf(id!, fresh), undefined);
  assert.equal((await call('POST', `/${id}/enable`, {})).json.state, 'active');
  assert.notEqual(await tokenOf(id!, fresh), undefined);

  assert.equal((await call('POST', `/${id}/revoke`, { reason: 'its host was broken into' })).json.state, 'revoked');
  assert.equal((await store.revocations()).length, 1);
  assert.equal((await call('POST', `/${id}/enable`)).status, 409, 'revoked is final');
  assert.equal((await call('POST', `/${id}/rotate`)).status, 409);
  assert.deepEqual([(await call('DELETE', `/${id}`)).status, (await call('GET', `/${id}`)).status], [204, 404]);

  const changes = events.filter(({ kind }) => ['client_created', 'client_changed', 'revoked'].includes(kind));
  assert.ok(changes.length >= 7);
  assert.ok(changes.every(({ by }) => by === 'admin api (from 127.0.0.1)'));
  assert.ok(!JSON.stringify(events).includes('gths_'), 'no secret is in the trail');
});

test('a client that proves itself by keys has no secret, and private keys are refused', async () => {
  const { call } = await setUp();
  const of = (key: typeof publicKey): Json => ({ keys: [{ ...key.export({ format: 'jwk' }), kid: '1' }] });
  const made = await call('POST', '', { name: 'mailer', scopes: ['billing:read'], jwks: of(publicKey) });
  assert.deepEqual([made.status, made.json.keys, 'client_secret' in made.json], [201, true, false]);
  assert.equal((await call('POST', '/mailer/rotate')).status, 409);
  const refused = await call('POST', '', { name: 'other', scopes: ['billing:read'], jwks: of(privateKey) });
  assert.deepEqual([refused.status, refused.body.includes('"d"')], [400, false]);
});

test('a client of the configuration is shown and revoked here, and changed there', async () => {
  const { call, store } = await setUp();
  assert.equal((await call('GET', '/fixed')).json.state, 'configured');
  for (const action of ['/rotate', '/disable', '/enable'])
    assert.equal((await call('POST', `/fixed${action}`)).status, 409);
  assert.equal((await call('DELETE', '/fixed')).status, 409);
  assert.equal((await call('POST', '/fixed/revoke', { reason: 'stolen' })).json.state, 'revoked');
  assert.deepEqual(
    (await store.revocations()).map(({ grain, value }) => [grain, value]),
    [['client', 'fixed']],
  );
});

test('what is not understood changes nothing', async () => {
  const { call, store } = await setUp();
  await addClient(store);
  const good = { name: 'a', scopes: ['billing:read'] };
  for (const [body, detail] of [
    ['', /`name` and its `scopes`/],
    ['{', /no JSON object/],
    ['[]', /no JSON object/],
    ['{"name":"a","name":"b","scopes":["billing:read"]}', /a member twice/],
    [{ ...good, secret: 'x' }, /unknown member; known are `name`, /],
    [{ ...good, scopes: 'billing:read' }, /`scopes` is not a list of texts/],
    [{ ...good, scopes: [] }, /can do nothing/],
    [{ ...good, scopes: ['billing:delete'] }, /not among `scopes`/],
    [{ ...good, name: 'Upper' }, /is no name/],
    [{ ...good, name: 1 }, /`name` is not a text/],
    [{ ...good, default_scopes: ['billing:write'] }, /not among its scopes/],
    [{ ...good, token_ttl_ms: 1000 }, /from 10s to 1h/],
    [{ ...good, token_ttl_ms: 60_000.5 }, /not a whole number/],
    [{ ...good, jwks: 'x' }, /not an object/],
    [{ ...good, audiences: ['a b'] }, /is no audience/],
  ] as const) {
    const reply = await call('POST', '', body);
    assert.equal(reply.status, 400, reply.body);
    assert.match(reply.json.detail as string, detail);
  }
  assert.equal((await call('POST', '', { name: 'billing', scopes: ['billing:read'] })).status, 409);
  for (const body of [{}, { reason: '' }, { reason: 'x'.repeat(501) }, { reason: 1 }, { why: 'x' }]) {
    assert.equal((await call('POST', '/billing/revoke', body)).status, 400);
  }
  assert.equal((await call('POST', '/billing/rotate', { overlap_ms: 31 * 86_400_000 })).status, 400);
  for (const path of ['/nobody', '/', '//', '/%', '/billing/rename', '/billing/rotate/x', '/billing/constructor']) {
    assert.equal((await call(path.split('/').length > 2 ? 'POST' : 'GET', path)).status, 404, path);
  }
  for (const [method, path, allow] of [
    ['DELETE', '', 'GET, POST'],
    ['PUT', '/billing', 'GET, DELETE'],
    ['GET', '/billing/rotate', 'POST'],
    ['constructor', '', 'GET, POST'],
  ] as const) {
    const reply = await call(method, path);
    assert.deepEqual([reply.status, reply.fields.find(([name]) => name === 'Allow')?.[1]], [405, allow]);
  }
  const [client] = await store.clients();
  assert.deepEqual([(await store.clients()).length, client!.state, client!.secrets.length], [1, 'active', 1]);
});

test('while the store is away every call is 503, and none is half done', async () => {
  const { call, store } = await setUp();
  store.away = true;
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['POST', '', { name: 'a', scopes: ['billing:read'] }],
    ['DELETE', '/a', undefined],
  ] as const) {
    const reply = await call(method, path, body);
    assert.deepEqual([reply.status, reply.fields.find(([name]) => name === 'Retry-After')?.[1]], [503, '1']);
  }
  store.away = false;
  assert.equal((await store.clients()).length, 0);
});
