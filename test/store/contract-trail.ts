/** The trail: kept, asked, followed and trimmed. */
import assert from 'node:assert/strict';
import { StoreUnavailable, type TrailQuery, type TrailRecord } from '../../src/store/store.ts';
import { callOf } from '../support/stored.ts';
import type { StoreTest } from './contract.ts';
import { all, chained, hashAt, recordsOf } from './records.ts';

export function trailContract(storeTest: StoreTest): void {
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
}
