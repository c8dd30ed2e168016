/** What a store promises, whichever it is. One suite, run against both. */
import { test } from 'node:test';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { concurrencyContract } from './contract-concurrency.ts';
import { stateContract } from './contract-state.ts';
import { trailContract } from './contract-trail.ts';

type Open = (patienceMs?: number) => Promise<Store>;

/** A test of a store that is opened and closed for it; `text` names it for another process. */
export type StoreTest = (title: string, run: (store: Store, text: string, open: Open) => Promise<void>) => void;

/** `emptyStore` gives the text of one that nobody has used. */
export function contract(emptyStore: () => Promise<string>): void {
  const storeTest: StoreTest = (title, run) => {
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
  };
  stateContract(storeTest);
  trailContract(storeTest);
  concurrencyContract(storeTest);
}
