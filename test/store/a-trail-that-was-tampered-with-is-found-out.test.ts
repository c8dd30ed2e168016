import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { createTrail } from '../../src/trail/trail.ts';
import { verifyTrail } from '../../src/trail/verify.ts';
import { createFakeClock } from '../support/clock.ts';
import { createFolder } from '../support/folder.ts';
import { callOf } from '../support/stored.ts';

const folder = createFolder();
let files = 0;

async function write(store: Store, client: string, count: number): Promise<void> {
  const trail = createTrail(store, { clock: createFakeClock(), log: () => {} }, { maxAgeMs: 1, maxRecords: 1 });
  for (let time = 1; time <= count; time++) {
    trail.note(callOf(client, { at: time, durationMs: time / 7, scopes: ['x', 'ü'] }));
  }
  await trail.close();
}

/** What is found in a store with a trail of six records by `a`, then one of three by `b`, after `sql`. */
async function tampered(t: TestContext, sql: string, before?: (store: Store) => Promise<unknown>) {
  const path = `${folder}/${++files}.db`;
  const store = await openStore(`sqlite:${path}`);
  t.after(() => store.close());
  await write(store, 'a', 6);
  await write(store, 'b', 3);
  await before?.(store);
  const names = new Map<string, string>();
  for await (const { writer, event } of store.trail({})) names.set(writer, event.client!);
  const database = new DatabaseSync(path);
  let text = sql;
  for (const [writer, name] of names) text = text.replaceAll(`$${name}`, `'${writer}'`);
  database.exec(text);
  database.close();
  const { faults, ...counts } = await verifyTrail(store);
  return {
    ...counts,
    faults: faults.map(({ writer, sequence, what }) => `${names.get(writer) ?? writer} ${sequence} ${what}`),
  };
}

const at = (sequence: number): string => `WHERE writer = $a AND sequence = ${sequence}`;

test('one that nobody touched is as it was written', async (t) => {
  assert.deepEqual(await tampered(t, ''), { records: 9, writers: 2, faults: [] });
});

test('a record whose client, scopes, time or anything else was changed', async (t) => {
  for (const set of ["client = 'b'", "scopes = '[]'", 'scopes = NULL', "scopes = 'x'", 'at = 3000', "detail = ''"]) {
    assert.deepEqual((await tampered(t, `UPDATE gatehouse_trail SET ${set} ${at(2)}`)).faults, ['a 2 changed'], set);
  }
});

test('records that were removed, from the start, the middle and the end', async (t) => {
  const gone = async (where: string) => (await tampered(t, `DELETE FROM gatehouse_trail ${where}`)).faults;
  assert.deepEqual(await gone(at(1)), ['a 1 missing']);
  assert.deepEqual(await gone('WHERE writer = $a AND sequence IN (3, 4)'), ['a 3 missing']);
  assert.deepEqual(await gone(at(6)), ['a 6 missing']);
  assert.deepEqual(await gone('WHERE writer = $b'), ['b 1 missing']);
});

test('records that were moved', async (t) => {
  const { faults } = await tampered(
    t,
    `UPDATE gatehouse_trail SET sequence = 100 ${at(2)};
     UPDATE gatehouse_trail SET sequence = 2 ${at(3)};
     UPDATE gatehouse_trail SET sequence = 3 ${at(100)}`,
  );
  assert.deepEqual(faults.slice(0, 2), ['a 2 missing', 'a 2 misplaced']);
});

test('records that were put in: between others, at the end, and as a chain of their own', async (t) => {
  const insert = (writer: string, sequence: number): string =>
    `INSERT INTO gatehouse_trail (writer, sequence, hash, at, kind) VALUES (${writer}, ${sequence}, '', 1, 'call')`;
  assert.deepEqual((await tampered(t, insert('$a', 2.5))).faults, ['a 2.5 misplaced']);
  assert.deepEqual((await tampered(t, insert('$a', 7))).faults, ['a 7 changed']);
  assert.deepEqual((await tampered(t, insert("'forged'", 1))).faults, ['forged 1 unknown']);
});

test('a last record that is another than the one that was written', async (t) => {
  const { faults } = await tampered(
    t,
    `UPDATE gatehouse_writers SET last_hash = '${'f'.repeat(64)}' WHERE writer = $a`,
  );
  assert.deepEqual(faults, ['a 6 changed']);
});

test('a chain that was trimmed begins where it was, and what is changed by hand after that is found', async (t) => {
  const trim = (store: Store) => store.trimTrail(4, 1000);
  assert.deepEqual(await tampered(t, '', trim), { records: 4, writers: 2, faults: [] });
  assert.deepEqual((await tampered(t, `DELETE FROM gatehouse_trail ${at(4)}`, trim)).faults, ['a 4 missing']);
  const changed = `UPDATE gatehouse_trail SET client = 'c' ${at(4)}`;
  assert.deepEqual((await tampered(t, changed, trim)).faults, ['a 4 changed']);
});

test('records that come, or are trimmed, while it reads are no fault', async (t) => {
  const store = await openStore(`sqlite:${folder}/${++files}.db`);
  t.after(() => store.close());
  await write(store, 'a', 2500);
  let read = 0;
  const { faults, writers } = await verifyTrail({
    trailChains: () => store.trailChains(),
    async *trail(query) {
      for await (const record of store.trail(query)) {
        yield record;
        if (++read !== 1000) continue;
        await store.trimTrail(1800, 10_000);
        await write(store, 'b', 2);
      }
    },
  });
  assert.deepEqual(faults, []);
  assert.equal(writers, 2);
});
