/**
 * A process that writes to a store, for tests that kill it or run two of it.
 * `forever` prints a number when everything of that number was acknowledged;
 * `together` changes the keys and one client a number of times, and ends.
 */
import { openStore } from '../../src/store/open.ts';
import { callOf, clientNamed, keyNamed, revocationOf } from '../support/stored.ts';

const [text = '', what = '', name = '', times = '0'] = process.argv.slice(2);
const store = await openStore(text);

for (let at = 1; what === 'forever'; at++) {
  const id = `${name}${at}`;
  await store.addClient(clientNamed(id));
  await store.changeKeys((keys) => [...keys, keyNamed(id)]);
  await store.addRevocation(revocationOf(id));
  await store.useAssertion(name, id, 1000);
  await store.appendTrail([{ writer: name, sequence: at, event: callOf(id), hash: 'f'.repeat(64) }]);
  process.stdout.write(`${at}\n`);
}

for (let at = 1; at <= Number(times); at++) {
  await store.changeKeys((keys) => [...keys, keyNamed(`${name}${at}`)]);
  await store.changeClient('shared', (client) => ({ ...client, scopes: [...client.scopes, `${name}${at}`] }));
}
await store.close();
