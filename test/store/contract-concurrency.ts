/** Several processes on one store, and one that is killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { clientNamed } from '../support/stored.ts';
import type { StoreTest } from './contract.ts';
import { all } from './records.ts';

export function concurrencyContract(storeTest: StoreTest): void {
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

function byNumber(one: string, other: string): number {
  return Number(one.slice(1)) - Number(other.slice(1));
}
