import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../src/store/open.ts';
import type { TrailEvent } from '../../src/store/store.ts';
import { followTrail } from '../../src/trail/follow.ts';
import { createFolder } from '../support/folder.ts';
import { callOf } from '../support/stored.ts';

test('what is there comes first, then what is new and matches, each once', async (t) => {
  const store = await openStore(`sqlite:${createFolder()}/store.db`);
  t.after(() => store.close());
  let sequence = 0;
  const append = (...events: TrailEvent[]) =>
    store.appendTrail(events.map((event) => ({ writer: 'w', sequence: ++sequence, event, hash: '' })));
  await append(callOf('a', { at: 1 }), callOf('a', { at: 2 }), callOf('b', { at: 3 }));
  const later = [
    [callOf('b', { at: 4 })],
    [],
    [callOf('a', { at: 5 }), callOf('b', { at: 6 }), callOf('a', { at: 7 })],
  ];
  async function pause(): Promise<boolean> {
    const events = later.shift();
    if (events !== undefined) await append(...events);
    return events !== undefined;
  }
  const seen: number[] = [];
  for await (const { event } of followTrail(store, { client: 'a', limit: 1 }, pause)) seen.push(event.at);
  assert.deepEqual(seen, [2, 5, 7]);
});
