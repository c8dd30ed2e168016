/** Clients, keys, revocations and assertions. */
import assert from 'node:assert/strict';
import { clientNamed, keyNamed, revocationOf } from '../support/stored.ts';
import type { StoreTest } from './contract.ts';
import { recordsOf } from './records.ts';

export function stateContract(storeTest: StoreTest): void {
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
}

function refuse(): never {
  throw new RangeError('no');
}
