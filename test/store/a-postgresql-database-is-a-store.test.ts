import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { whyAbsent } from '../../scripts/parts.ts';
import { openStore } from '../../src/store/open.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { callOf, clientNamed } from '../support/stored.ts';
import { contract } from './contract.ts';
import { all } from './records.ts';

suite('PostgreSQL', { skip: whyAbsent('postgres') }, () => {
  let starting: Promise<Postgres> | undefined;
  const started = () => (starting ??= startPostgres());

  after(async () => (await starting)?.stop());

  contract(async () => (await started()).emptyUrl());

  test('a newer program’s is left alone', async (t) => {
    const postgres = await started();
    const url = await postgres.emptyUrl();
    const store = await openStore(url);
    await store.addClient(clientNamed('a'));
    await store.close();
    await postgres.query(url, 'UPDATE gatehouse_schema SET version = 99');
    const late = await openStore(url);
    t.after(() => late.close());
    await assert.rejects(late.clients(), { name: 'StoreUnusable' });
  });

  test('a table that another holds is waited for only so long', async (t) => {
    const postgres = await started();
    const url = await postgres.emptyUrl();
    const store = await openStore(url, { patienceMs: 100 });
    t.after(() => store.close());
    await store.addClient(clientNamed('a'));
    const other = await postgres.hold(url, 'LOCK TABLE gatehouse_clients IN ACCESS EXCLUSIVE MODE');
    await assert.rejects(store.addClient(clientNamed('b')), StoreUnavailable);
    await other.release();
    assert.equal(await store.addClient(clientNamed('b')), true);
  });

  test('no such role or database, or none at all, is said without the password', async (t) => {
    const url = new URL(await (await started()).emptyUrl());
    for (const pathname of ['/none', '/postgres']) {
      url.pathname = pathname;
      url.username = pathname === '/none' ? 'gatehouse' : 'nobody';
      url.password = 'very-secret';
      const store = await openStore(url.href);
      t.after(() => store.close());
      await assert.rejects(store.version(), (error: Error) => {
        assert.ok(error instanceof StoreUnavailable);
        assert.doesNotMatch(error.message, /very-secret/);
        return true;
      });
    }
    const nowhere = await openStore('postgres://a:very-secret@127.0.0.1:1/b');
    t.after(() => nowhere.close());
    await assert.rejects(nowhere.version(), { name: 'StoreUnavailable', message: /^(?!.*very-secret)/ });
  });

  test('a database that goes away in flight and comes back has everything that was acknowledged', async (t) => {
    const postgres = await started();
    const store = await openStore(await postgres.emptyUrl());
    t.after(() => store.close());
    await store.addClient(clientNamed('a'));
    const record = { writer: 'w', sequence: 1, event: callOf('a'), hash: 'f'.repeat(64) };
    await store.appendTrail([record]);
    await postgres.stop();
    await assert.rejects(store.clients(), StoreUnavailable);
    await assert.rejects(store.appendTrail([record]), StoreUnavailable);
    await assert.rejects(
      store.changeKeys((keys) => keys),
      StoreUnavailable,
    );
    await postgres.start();
    assert.deepEqual(await store.clients(), [clientNamed('a')]);
    await store.appendTrail([record]);
    assert.equal((await all(store, {})).length, 1);
  });
});
