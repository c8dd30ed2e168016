import assert from 'node:assert/strict';
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { migrate } from '../../src/store/schema.ts';
import { openSqliteFile, SQLITE } from '../../src/store/sqlite-file.ts';
import { openStore } from '../../src/store/open.ts';
import { StoreUnavailable, StoreUnusable } from '../../src/store/store.ts';
import { createTables } from '../../src/store/tables.ts';
import { createFolder } from '../support/folder.ts';
import { clientNamed } from '../support/stored.ts';
import { contract } from './contract.ts';

const folder = createFolder();
let files = 0;
const emptyPath = () => `${folder}/${++files}.db`;

contract(async () => `sqlite:${emptyPath()}`);

test('nobody else can read it', async (t) => {
  const path = emptyPath();
  const store = await openStore(`sqlite:${path}`);
  t.after(() => store.close());
  await store.addClient(clientNamed('a'));
  for (const name of [path, `${path}-wal`, `${path}-shm`]) assert.equal(statSync(name).mode & 0o777, 0o600);
});

test('while another process holds it nothing is written, reading goes on, and then it is as before', async (t) => {
  const path = emptyPath();
  const store = await openStore(`sqlite:${path}`, { patienceMs: 10 });
  t.after(() => store.close());
  await store.addClient(clientNamed('a'));
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(store.addClient(clientNamed('b')), StoreUnavailable);
  await assert.rejects(store.appendTrail([]), StoreUnavailable);
  assert.equal((await store.clients()).length, 1);
  other.exec('ROLLBACK');
  other.close();
  assert.equal(await store.addClient(clientNamed('b')), true);
});

test('one that is held at the start, or whose folder is not there yet, is opened when it can be', async (t) => {
  const path = emptyPath();
  const other = new DatabaseSync(path);
  other.exec('BEGIN EXCLUSIVE');
  const held = await openStore(`sqlite:${path}`, { patienceMs: 10 });
  t.after(() => held.close());
  await assert.rejects(held.version(), StoreUnavailable);
  other.exec('ROLLBACK');
  other.close();
  assert.equal(await held.version(), 0);

  const absent = await openStore(`sqlite:${folder}/none/store.db`);
  t.after(() => absent.close());
  await assert.rejects(absent.version(), StoreUnavailable);
});

test('a full disk refuses, keeps what it has, and writes again when there is room', async (t) => {
  const file = openSqliteFile(emptyPath(), 10);
  t.after(() => file.close());
  await migrate(file, SQLITE);
  const tables = createTables(file);
  await tables.addClient(clientNamed('a'));
  const [pages] = await file.query('PRAGMA page_count');
  await file.query(`PRAGMA max_page_count = ${pages?.page_count}`);
  const large = clientNamed('large', { jwks: 'x'.repeat(1_000_000) });
  await assert.rejects(tables.addClient(large), StoreUnavailable);
  assert.deepEqual(await tables.clients(), [clientNamed('a')]);
  await file.query('PRAGMA max_page_count = 100000');
  assert.equal(await tables.addClient(large), true);
});

test('what is no database, or of a newer program, is left alone', async (t) => {
  const path = emptyPath();
  writeFileSync(path, 'listen: 127.0.0.1:8080\n'.repeat(100));
  const text = await openStore(`sqlite:${path}`);
  t.after(() => text.close());
  await assert.rejects(text.version(), StoreUnusable);

  const newer = emptyPath();
  const store = await openStore(`sqlite:${newer}`);
  await store.addClient(clientNamed('a'));
  await store.close();
  const other = new DatabaseSync(newer);
  other.exec('UPDATE gatehouse_schema SET version = 99');
  const late = await openStore(`sqlite:${newer}`);
  t.after(() => late.close());
  await assert.rejects(late.clients(), { name: 'StoreUnusable', message: /version 99, this program knows \d/ });
  assert.equal(other.prepare('SELECT count(*) AS count FROM gatehouse_clients').get()?.count, 1);
  other.close();
});

test('a file that is deleted or replaced while it is open counts as away, until it is back', async (t) => {
  const path = emptyPath();
  const store = await openStore(`sqlite:${path}`);
  t.after(() => store.close());
  await store.addClient(clientNamed('a'));
  renameSync(path, `${path}.moved`);
  await assert.rejects(store.addClient(clientNamed('b')), { name: 'StoreUnavailable', message: /deleted or replaced/ });
  await assert.rejects(store.version(), StoreUnavailable);
  assert.equal(existsSync(path), false, 'no empty file is made in its place');
  writeFileSync(path, '');
  await assert.rejects(store.clients(), StoreUnavailable, 'nor is another one taken for it');
  renameSync(`${path}.moved`, path);
  assert.ok((await store.clients()).some(({ id }) => id === 'a'));
});
