import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createFolder } from '../../test/support/folder.ts';
import { openStore } from '../store/open.ts';
import type { StoredClient, TrailEvent } from '../store/store.ts';
import { clients } from './clients.ts';
import { keys } from './keys.ts';
import { revocations, revoke } from './revoke.ts';
import { type Command, type Terminal, UsageError } from './terminal.ts';

const COMMANDS: Readonly<Record<string, Command>> = { clients, keys, revoke, revocations };
const folders = createFolder();
const STATIC = 'a'.repeat(64);

/** A configuration with a store of its own, and the commands at work on it. */
function setUp() {
  const folder = mkdtempSync(`${folders}/`);
  const file = `${folder}/gatehouse.yaml`;
  writeFileSync(
    file,
    `oauth2:
  issuer: https://gateway.internal
  store: sqlite:./gatehouse.db
  audience: internal
  clients: { fixed: { secret_sha256: ${STATIC}, scopes: [billing:read] } }
scopes: { billing:read: Read invoices, billing:write: Write invoices }
issuers: { main: { issuer: https://auth.example, jwks_uri: https://auth.example/jwks, audience: api, max_token_lifetime: 2h } }
upstreams: { service: { targets: ["http://127.0.0.1:1"] } }
routes:
  - { path: /a, kind: internal, upstream: service, auth: { issuer: self, scopes: [billing:read, billing:write] }, rate_limit: none }
  - { path: /b, kind: internal, upstream: service, auth: { issuer: main }, rate_limit: none }
`,
  );

  async function gatehouse(name: string, ...args: readonly string[]) {
    let [out, err] = ['', ''];
    const terminal: Terminal = {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      readFile: (path) => readFileSync(path),
      readInput: () => Buffer.alloc(0),
      wall: Date.now,
      env: {},
    };
    const code = await COMMANDS[name]!.run([...args, '--config', file], terminal);
    return { code, out, err, json: <T>() => JSON.parse(out) as T };
  }

  async function stored<T>(read: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>): Promise<T> {
    const store = await openStore(`sqlite:${folder}/gatehouse.db`);
    try {
      return await read(store);
    } finally {
      await store.close();
    }
  }

  return {
    folder,
    gatehouse,
    clientsStored: () => stored((store) => store.clients()),
    events: () =>
      stored(async (store) => {
        const all: TrailEvent[] = [];
        for await (const { event } of store.trail({})) all.push(event);
        return all;
      }),
    revocationsStored: () => stored((store) => store.revocations()),
  };
}

interface Made {
  readonly client_id: string;
  readonly client_secret: string;
}

test('a secret is printed when it is made, and stands nowhere else', async () => {
  const { gatehouse, clientsStored, events } = setUp();
  const made = await gatehouse(
    'clients',
    'create',
    'billing',
    '--scope',
    'billing:read billing:write',
    '--ttl',
    '1m',
    '--json',
  );
  assert.equal(made.code, 0);
  const { client_id: id, client_secret: secret } = made.json<Made>();
  assert.match(secret, /^gths_/);
  const [client] = await clientsStored();
  assert.deepEqual(
    [client?.id, client?.scopes, client?.tokenTtlMs, client?.state],
    [id, ['billing:read', 'billing:write'], 60_000, 'active'],
  );
  for (const action of [['list'], ['list', '--json'], ['show', id], ['show', 'billing', '--json']]) {
    const { code, out } = await gatehouse('clients', ...action);
    assert.equal(code, 0);
    assert.ok(out.includes(id) && !out.includes(secret) && !out.includes(client!.secrets[0]!.sha256));
  }
  const all = await events();
  assert.deepEqual([all.at(-1)?.kind, all.at(-1)?.client, typeof all.at(-1)?.by], ['client_created', id, 'string']);
  assert.ok(!JSON.stringify(all).includes(secret));
});

test('two secrets overlap after a rotation, never three', async () => {
  const { gatehouse, clientsStored } = setUp();
  await gatehouse('clients', 'create', 'billing', '--scope', 'billing:read');
  await gatehouse('clients', 'rotate', 'billing');
  const made = await gatehouse('clients', 'rotate', 'billing', '--overlap', '1h', '--json');
  assert.match(made.json<Made>().client_secret, /^gths_/);
  const [{ secrets }] = (await clientsStored()) as [StoredClient];
  assert.equal(secrets.length, 2);
  assert.equal(secrets[0]!.expiresAt, undefined);
  assert.ok(Math.abs(secrets[1]!.expiresAt! - Date.now() - 3_600_000) < 60_000);
  await gatehouse('clients', 'rotate', 'billing', '--overlap', '0s');
  assert.equal((await clientsStored())[0]!.secrets.length, 1);
});

test('a client is disabled and enabled; revoked it stays, and its tokens are cut off', async () => {
  const { gatehouse, clientsStored, revocationsStored } = setUp();
  await gatehouse('clients', 'create', 'billing', '--scope', 'billing:read');
  const state = async (): Promise<string | undefined> => (await clientsStored())[0]?.state;
  await gatehouse('clients', 'disable', 'billing');
  assert.equal(await state(), 'disabled');
  await gatehouse('clients', 'enable', 'billing');
  assert.equal(await state(), 'active');
  assert.equal((await revocationsStored()).length, 0);
  assert.equal((await gatehouse('clients', 'revoke', 'billing', '--reason', 'stolen')).code, 0);
  assert.equal(await state(), 'revoked');
  const [revocation] = await revocationsStored();
  assert.deepEqual(
    [revocation?.grain, revocation?.value, revocation?.reason],
    ['client', (await clientsStored())[0]!.id, 'stolen'],
  );
  for (const action of ['enable', 'rotate']) assert.equal((await gatehouse('clients', action, 'billing')).code, 1);
  assert.equal((await gatehouse('clients', 'delete', 'billing')).code, 0);
  assert.deepEqual(await clientsStored(), []);
});

test('a client of the file is revoked for good, and changed nowhere but there', async () => {
  const { gatehouse, revocationsStored } = setUp();
  assert.match((await gatehouse('clients', 'list')).out, /^fixed +configured/m);
  assert.equal((await gatehouse('clients', 'rotate', 'fixed')).code, 1);
  assert.equal((await gatehouse('clients', 'revoke', 'fixed', '--reason', 'stolen')).code, 0);
  assert.ok((await revocationsStored())[0]!.issuedUntil > Date.now() + 10 * 365 * 86_400_000);
});

test('names, scopes, audiences, lifetimes and keys are checked before anything is kept', async () => {
  const { gatehouse, clientsStored, folder } = setUp();
  writeFileSync(`${folder}/private.json`, '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}]}');
  writeFileSync(`${folder}/secret.json`, '{"keys":[{"kty":"oct","k":"AA"}]}');
  const scope = ['--scope', 'billing:read'];
  for (const args of [
    ['Bad Name', ...scope],
    ['billing', '--scope', 'billing:red'],
    ['billing', ...scope, '--default-scope', 'billing:write'],
    ['billing', ...scope, '--ttl', '2h'],
    ['billing', ...scope, '--ttl', '1s'],
    ['billing', ...scope, '--jwks', `${folder}/private.json`],
    ['billing', ...scope, '--jwks', `${folder}/secret.json`],
    ['billing', ...scope, '--jwks', `${folder}/none.json`],
  ]) {
    const { code, out, err } = await gatehouse('clients', 'create', ...args);
    assert.deepEqual([code, out], [1, ''], args.join(' '));
    assert.match(err, /^gatehouse: .+\n$/);
  }
  assert.deepEqual(await clientsStored(), []);
  await gatehouse('clients', 'create', 'billing', ...scope);
  assert.equal((await gatehouse('clients', 'create', 'billing', ...scope)).code, 1);
  assert.equal(
    (await gatehouse('clients', 'show', 'biling')).err,
    'gatehouse: there is no client `biling`; did you mean `billing`?\n',
  );
});

test('each grain is revoked, of this issuer and another, and kept until its tokens have expired', async () => {
  const { gatehouse, revocationsStored } = setUp();
  const reason = ['--reason', 'stolen'];
  const before = Date.UTC(2026, 0, 1);
  await gatehouse('revoke', '--token', 't-1', ...reason);
  await gatehouse('revoke', '--subject', 'alice', '--issuer', 'main', ...reason);
  await gatehouse('revoke', '--issued-before', '2026-01-01T00:00:00Z', '--issuer', 'https://auth.example', ...reason);
  await gatehouse('revoke', '--client', 'web', '--issuer', 'main', '--issued-before', '2026-01-01', ...reason);
  const all = await revocationsStored();
  const found = (grain: string) => all.find((one) => one.grain === grain)!;
  assert.deepEqual([found('token').issuer, found('token').value], ['https://gateway.internal', 't-1']);
  assert.deepEqual([found('subject').issuer, found('subject').value], ['https://auth.example', 'alice']);
  assert.deepEqual([found('issuer').value, found('issuer').issuedUntil], ['', before - 1]);
  assert.deepEqual([found('client').value, found('client').issuedUntil], ['web', before - 1]);
  const kept = found('subject').expiresAt - found('subject').createdAt;
  assert.ok(kept >= 2 * 3_600_000 && kept < 3 * 3_600_000);
  assert.equal((await gatehouse('revocations', '--json')).json<unknown[]>().length, 4);
  assert.equal((await gatehouse('revoke', '--subject', 'alice', '--issuer', 'mian', ...reason)).code, 1);
});

test('to revoke a client of ours by its name is to end the client', async () => {
  const { gatehouse, clientsStored, revocationsStored } = setUp();
  await gatehouse('clients', 'create', 'billing', '--scope', 'billing:read');
  await gatehouse('revoke', '--client', 'billing', '--reason', 'stolen');
  const [client] = await clientsStored();
  assert.equal(client?.state, 'revoked');
  assert.equal((await revocationsStored())[0]?.value, client?.id);
});

test('a dry run says what would be cut off, and cuts nothing off', async () => {
  const { gatehouse, revocationsStored, folder } = setUp();
  const store = await openStore(`sqlite:${folder}/gatehouse.db`);
  const call = { kind: 'call', issuer: 'https://gateway.internal', client: 'billing', route: '/a', subject: 'billing' };
  const events: readonly TrailEvent[] = [
    { ...call, at: Date.now() },
    { ...call, at: Date.now() },
    { ...call, at: Date.now(), refusal: 'insufficient_scope' },
    { ...call, at: Date.now(), client: 'orders' },
    { ...call, at: Date.now(), issuer: 'https://auth.example' },
    { ...call, at: Date.now() - 86_400_000 },
  ];
  await store.appendTrail(
    events.map((event, at) => ({ writer: 'w', sequence: at + 1, event, hash: `${at}`.padStart(64, '0') })),
  );
  await store.close();
  const { code, json } = await gatehouse('revoke', '--client', 'billing', '--dry-run', '--json');
  assert.equal(code, 0);
  assert.deepEqual(
    json<{ client: string; route: string; calls: number }[]>().map(({ client, route, calls }) => [
      client,
      route,
      calls,
    ]),
    [['billing', '/a', 2]],
  );
  assert.deepEqual(await revocationsStored(), []);
});

test('the next key is made by command once, and in need the others are published no more', async () => {
  const { gatehouse } = setUp();
  const states = async (...args: readonly string[]) =>
    (await gatehouse('keys', ...args, '--json'))
      .json<{ state: string; encrypted: boolean }[]>()
      .map(({ state }) => state);
  assert.deepEqual(await states('list'), []);
  assert.deepEqual(await states('rotate'), ['signs']);
  assert.deepEqual(await states('rotate'), ['signs', 'next']);
  assert.deepEqual(await states('rotate'), ['signs', 'next']);
  assert.deepEqual(await states('rotate', '--at-once'), ['signs']);
  const { out } = await gatehouse('keys', 'list');
  assert.ok(!out.includes('"d"'));
});

test('wrong usage is said before the store is touched', async () => {
  const { gatehouse } = setUp();
  for (const [name, ...args] of [
    ['clients'],
    ['clients', 'lst'],
    ['clients', 'create', '--scope', 'a'],
    ['clients', 'create', 'billing'],
    ['clients', 'revoke', 'billing'],
    ['clients', 'list', '--ttl', '1m'],
    ['clients', 'create', 'billing', '--scope', 'billing:read', '--ttl', 'soon'],
    ['keys', 'list', '--at-once'],
    ['revoke', '--reason', 'x'],
    ['revoke', '--client', 'a', '--token', 'b', '--reason', 'x'],
    ['revoke', '--client', 'a'],
    ['revoke', '--client', '', '--reason', 'x'],
    ['revoke', '--issued-before', 'yesterday', '--reason', 'x'],
    ['revoke', '--issued-before', '2026-01-01T00:00:00', '--reason', 'x'],
  ] as const) {
    await assert.rejects(gatehouse(name, ...args), UsageError, args.join(' '));
  }
});

test('a store that cannot be had is one line and 1', async () => {
  const { gatehouse, folder } = setUp();
  writeFileSync(`${folder}/gatehouse.db`, 'this is no database, and never was one, whatever its name may say');
  const { code, err } = await gatehouse('clients', 'list');
  assert.equal(code, 1);
  assert.match(err, /^gatehouse: .+\n$/);
});
