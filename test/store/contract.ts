/** What a store promises, whichever it is. One suite, run against both. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { openStore } from '../../src/store/open.ts';
import {
  type PlacedRecord,
  type Store,
  StoreUnavailable,
  type TrailQuery,
  type TrailRecord,
} from '../../src/store/store.ts';
import { callOf, clientNamed, keyNamed, revocationOf } from '../support/stored.ts';

type Open = (patienceMs?: number) => Promise<Store>;

/** `emptyStore` gives the text of one that nobody has used. */
export function contract(emptyStore: () => Promise<string>): void {
  function storeTest(title: string, run: (store: Store, text: string, open: Open) => Promise<void>): void {
    void test(title, async (t) => {
      const text = await emptyStore();
      const opened: Store[] = [];
      async function open(patienceMs = 5000): Promise<Store> {
        const store = await openStore(text, { patienceMs });
        opened.push(store);
        return store;
      }
      t.after(() => Promise.all(opened.map((store) => store.close())));
      await run(await open(), text, open);
    });
  }

  storeTest('a client is kept as it was given, once', async (store, _, open) => {
    const plain = clientNamed('plain');
    const full = clientNamed('full', {
      name: 'naïve “quotes” 🙂 \'"; DROP TABLE clients',
      secrets: [
        { sha256: 'b'.repeat(64), createdAt: 1, expiresAt: 1_900_000_000_000 },
        { sha256: 'c'.repeat(64), createdAt: 2, expiresAt: undefined },
      ],
      jwks: '{"keys":[]}',
      audiences: ['a', 'b'],
      tokenTtlMs: 60_000,
      createdAt: 1_800_000_000_000,
    });
    assert.equal(await store.addClient(plain), true);
    assert.equal(await store.addClient(full), true);
    assert.equal(await store.addClient({ ...clientNamed('plain'), name: 'other' }), false);
    assert.equal(await store.addClient({ ...clientNamed('other'), name: plain.name }), false);
    assert.deepEqual(await (await open()).clients(), [plain, full]);
  });

  storeTest('a client is changed and deleted, if there is one', async (store) => {
    await store.addClient(clientNamed('a'));
    const changed = await store.changeClient('a', (client) => ({ ...client, id: 'b', state: 'revoked' }));
    assert.deepEqual(changed, clientNamed('a', { state: 'revoked' }));
    assert.deepEqual(await store.clients(), [changed]);
    assert.equal(await store.changeClient('b', (client) => client), undefined);
    assert.equal(await store.deleteClient('b'), false);
    assert.equal(await store.deleteClient('a'), true);
    assert.deepEqual(await store.clients(), []);
  });

  storeTest('a change that throws changes nothing, and says so', async (store) => {
    await store.addClient(clientNamed('a'));
    await assert.rejects(store.changeClient('a', refuse), RangeError);
    await assert.rejects(store.changeKeys(refuse), RangeError);
    assert.equal(await store.version(), 1);
  });

  storeTest('keys are replaced together', async (store) => {
    const retired = { ...keyNamed('b'), signsUntil: 3, publishedUntil: 4 };
    assert.deepEqual(await store.keys(), []);
    assert.deepEqual(await store.changeKeys(() => [keyNamed('a'), retired]), [keyNamed('a'), retired]);
    assert.deepEqual(await store.keys(), [keyNamed('a'), retired]);
    await store.changeKeys((keys) => keys.slice(1));
    assert.deepEqual(await store.keys(), [retired]);
  });

  storeTest('revocations stay until they have expired', async (store) => {
    const short = revocationOf('a', { createdAt: 1, expiresAt: 20 });
    const long = revocationOf('b', { createdAt: 2, expiresAt: 30 });
    await store.addRevocation(long);
    await store.addRevocation(short);
    assert.deepEqual(await store.revocations(), [short, long]);
    assert.equal(await store.trimRevocations(20), 0);
    assert.equal(await store.trimRevocations(21), 1);
    assert.deepEqual(await store.revocations(), [long]);
  });

  storeTest(
    'the version grows with every change, in whatever process, and with nothing else',
    async (store, _, open) => {
      const other = await open();
      let known = await other.version();
      async function grows(expected: boolean, change: Promise<unknown>): Promise<void> {
        await change;
        const now = await other.version();
        assert.equal(now > known, expected);
        known = now;
      }
      await grows(true, store.addClient(clientNamed('a')));
      await grows(false, store.addClient(clientNamed('a')));
      await grows(
        true,
        store.changeClient('a', (client) => ({ ...client, state: 'disabled' })),
      );
      await grows(
        false,
        store.changeClient('none', (client) => client),
      );
      await grows(true, store.deleteClient('a'));
      await grows(false, store.deleteClient('a'));
      await grows(
        true,
        store.changeKeys(() => [keyNamed('a')]),
      );
      await grows(true, store.addRevocation(revocationOf('a')));
      await grows(true, store.trimRevocations(100));
      await grows(false, store.trimRevocations(100));
      await grows(false, store.useAssertion('a', 'b', 1));
      await grows(false, store.appendTrail(recordsOf('w', 3)));
    },
  );

  storeTest('an assertion is used once, by whom it is', async (store, _, open) => {
    const other = await open();
    assert.equal(await store.useAssertion('a', 'bc', 10), true);
    assert.equal(await other.useAssertion('a', 'bc', 10), false);
    assert.equal(await other.useAssertion('ab', 'c', 20), true);
    assert.equal(await store.trimAssertions(11), 1);
    assert.equal(await store.useAssertion('ab', 'c', 20), false);
    const both = await Promise.all([store.useAssertion('a', 'd', 30), other.useAssertion('a', 'd', 30)]);
    assert.deepEqual(both.filter(Boolean), [true]);
  });

  storeTest('a record is kept as it was given, once, in order', async (store) => {
    const bare: TrailRecord = { writer: 'w', sequence: 1, event: { at: 5, kind: 'key_rotated' }, hash: '1'.repeat(64) };
    const full: TrailRecord = {
      writer: 'w',
      sequence: 2,
      event: {
        ...callOf('naïve “client” 🙂'),
        at: 1_900_000_000_123,
        subject: '',
        jti: 'j',
        scopes: [],
        refusal: 'insufficient_scope',
        durationMs: 0.1 + 0.2,
        requestId: 'r',
        traceparent: 't',
        by: 'alice',
        detail: 'd',
      },
      hash: '2'.repeat(64),
    };
    await store.appendTrail([bare, full]);
    await store.appendTrail([full, ...recordsOf('v', 1)]);
    const records = await all(store, {});
    assert.deepEqual(
      records.map(({ position, ...record }) => position > 0 && record),
      [bare, full, ...recordsOf('v', 1)],
    );
    assert.deepEqual(await store.lastOf('w'), full);
    assert.equal(await store.lastOf('none'), undefined);
    await store.appendTrail([]);
  });

  storeTest('a batch is stored whole or not at all', async (store) => {
    const bad = { writer: 'w', sequence: 3, event: { at: 5, kind: null as unknown as string }, hash: '' };
    await assert.rejects(
      store.appendTrail([...recordsOf('w', 2), bad]),
      (error) => !(error instanceof StoreUnavailable),
    );
    assert.deepEqual(await all(store, {}), []);
    assert.deepEqual(await store.trailChains(), new Map());
  });

  storeTest('the trail is asked by client, route, refusal, kind and time', async (store) => {
    await store.appendTrail(
      chained('w', [
        callOf('a', { at: 10 }),
        callOf('b', { at: 20, route: '/other' }),
        callOf('a', { at: 30, refusal: 'rate_limited', status: 429 }),
        { at: 40, kind: 'token_refused', client: 'a', refusal: 'invalid_client' },
      ]),
    );
    async function found(query: TrailQuery): Promise<readonly number[]> {
      return (await all(store, query)).map(({ event }) => event.at);
    }
    assert.deepEqual(await found({}), [10, 20, 30, 40]);
    assert.deepEqual(await found({ client: 'a' }), [10, 30, 40]);
    assert.deepEqual(await found({ route: '/other' }), [20]);
    assert.deepEqual(await found({ refusal: 'rate_limited' }), [30]);
    assert.deepEqual(await found({ refusedOnly: true }), [30, 40]);
    assert.deepEqual(await found({ kinds: ['call'], client: 'a' }), [10, 30]);
    assert.deepEqual(await found({ kinds: [] }), []);
    assert.deepEqual(await found({ since: 20, until: 30 }), [20, 30]);
    assert.deepEqual(await found({ since: 41 }), []);
    assert.deepEqual(await found({ limit: 2 }), [30, 40]);
    assert.deepEqual(await found({ limit: 2, client: 'a', until: 30 }), [10, 30]);
    assert.deepEqual(await found({ limit: 9, since: 20 }), [20, 30, 40]);
    const [, second] = await all(store, {});
    assert.deepEqual(await found({ after: second!.position }), [30, 40]);
    assert.deepEqual(await found({ after: second!.position, since: 15 }), [30, 40]);
  });

  storeTest('alike calls are counted together', async (store) => {
    await store.appendTrail(
      chained('w', [
        callOf('a', { at: 10 }),
        callOf('a', { at: 30, status: 502 }),
        callOf('a', { at: 20, refusal: 'invalid_token', detail: 'revoked', status: 401 }),
        callOf('b', { at: 5, detail: 'not of a refusal' }),
      ]),
    );
    const groups = await store.trailGroups({ kinds: ['call'], since: 10 });
    const common = { issuer: 'https://gateway.internal', client: 'a', route: '/billing/*', upstream: 'billing' };
    assert.deepEqual(
      groups.toSorted((one, other) => other.calls - one.calls),
      [
        { ...common, scopes: ['billing:read'], refusal: undefined, detail: undefined, calls: 2, failed: 1, lastAt: 30 },
        {
          ...common,
          scopes: ['billing:read'],
          refusal: 'invalid_token',
          detail: 'revoked',
          calls: 1,
          failed: 0,
          lastAt: 20,
        },
      ],
    );
    assert.equal((await store.trailGroups({ client: 'b' }))[0]?.detail, undefined);
  });

  storeTest('more than a page is read, followed and trimmed', async (store) => {
    await store.appendTrail(recordsOf('w', 2500));
    const records = await all(store, {});
    assert.deepEqual(
      records.map(({ sequence }) => sequence),
      Array.from({ length: 2500 }, (_, at) => at + 1),
    );
    assert.equal((await all(store, { limit: 1700 })).length, 1700);
    assert.equal(await store.trimTrail(0, 100), 2400);
    assert.deepEqual(
      (await all(store, {})).map(({ position }) => position),
      records.slice(2400).map(({ position }) => position),
    );
  });

  storeTest('what is old goes from the start of each chain, and the end of none', async (store) => {
    await store.appendTrail(
      chained(
        'w',
        [10, 20, 30, 15].map((at) => callOf('a', { at })),
      ),
    );
    await store.appendTrail(
      chained(
        'v',
        [10, 20].map((at) => callOf('a', { at })),
      ),
    );
    assert.equal(await store.trimTrail(10, 100), 0);
    // 15 is older, but stands behind 30.
    assert.equal(await store.trimTrail(25, 100), 3);
    assert.deepEqual(
      (await all(store, {})).map(({ writer, sequence }) => `${writer}${sequence}`),
      ['w3', 'w4', 'v2'],
    );
    const chains = await store.trailChains();
    assert.deepEqual(chains.get('w')?.before, { sequence: 2, hash: hashAt(2) });
    assert.deepEqual(chains.get('v'), {
      before: { sequence: 1, hash: hashAt(1) },
      last: { sequence: 2, hash: hashAt(2) },
    });
    assert.equal(await store.trimTrail(1000, 100), 1);
    assert.equal(await store.trimTrail(1000, 0), 0);
    await store.appendTrail([{ ...recordsOf('w', 5)[4]! }]);
    assert.equal((await store.trailChains()).get('w')?.last.sequence, 5);
  });

  storeTest('what was acknowledged outlives `kill -9`', async (store, text) => {
    const child = spawn(process.execPath, ['test/store/writer.ts', text, 'forever', 'w'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (bytes) => {
        said += String(bytes);
        if (said.split('\n').length > 5) resolve();
      });
    });
    child.kill('SIGKILL');
    await once(child, 'close');
    const last = Number(said.trimEnd().split('\n').at(-1));
    const ids = Array.from({ length: last }, (_, at) => `w${at + 1}`);
    const has = (found: readonly unknown[]) => assert.deepEqual(found.slice(0, last), ids);
    has((await store.clients()).map(({ id }) => id).toSorted(byNumber));
    has((await store.keys()).map(({ kid }) => kid));
    has((await store.revocations()).map(({ value }) => value).toSorted(byNumber));
    has((await all(store, {})).map(({ event }) => event.client));
    for (const id of ids) assert.equal(await store.useAssertion('w', id, 1000), false);
  });

  storeTest('two processes lose nothing of each other', async (store, text) => {
    await store.addClient(clientNamed('shared', { scopes: [] }));
    const children = ['a', 'b'].map((name) =>
      spawn(process.execPath, ['test/store/writer.ts', text, 'together', name, '20'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    assert.deepEqual(codes, [0, 0]);
    const expected = ['a', 'b'].flatMap((name) => Array.from({ length: 20 }, (_, at) => `${name}${at + 1}`)).toSorted();
    assert.deepEqual((await store.keys()).map(({ kid }) => kid).toSorted(), expected);
    assert.deepEqual((await store.clients())[0]?.scopes.toSorted(), expected);
  });

  storeTest('a store is made once, however many open it at the same time', async (_, __, open) => {
    const stores = await Promise.all([open(), open(), open()]);
    assert.deepEqual(await Promise.all(stores.map((store) => store.version())), [0, 0, 0]);
  });

  storeTest('calls that are under way are answered before it is closed', async (_, __, open) => {
    const store = await open();
    const added = store.addClient(clientNamed('a'));
    await store.close();
    assert.equal(await added, true);
  });
}

export async function all(store: Store, query: TrailQuery): Promise<readonly PlacedRecord[]> {
  const records: PlacedRecord[] = [];
  for await (const record of store.trail(query)) records.push(record);
  return records;
}

function refuse(): never {
  throw new RangeError('no');
}

function hashAt(sequence: number): string {
  return String(sequence).padStart(64, '0');
}

/** The hashes are no hashes: a store does not look. */
function chained(writer: string, events: readonly TrailRecord['event'][]): readonly TrailRecord[] {
  return events.map((event, at) => ({ writer, sequence: at + 1, event, hash: hashAt(at + 1) }));
}

function recordsOf(writer: string, count: number): readonly TrailRecord[] {
  return chained(
    writer,
    Array.from({ length: count }, (_, at) => callOf('a', { at })),
  );
}

function byNumber(one: string, other: string): number {
  return Number(one.slice(1)) - Number(other.slice(1));
}
