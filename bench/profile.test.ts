import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { entriesOf, groupsOf } from './profile.ts';

const url = pathToFileURL('src/gateway.ts').href;
const frame = (id: number, functionName: string, where = '', lineNumber = -1) => ({
  id,
  callFrame: { functionName, url: where, lineNumber },
});

test('time is counted by function wherever it was called from, and idle time is none', () => {
  const entries = entriesOf({
    nodes: [
      frame(1, '(idle)'),
      frame(2, 'admit', url, 9),
      frame(3, 'admit', url, 9),
      frame(4, '(garbage collector)'),
      frame(5, 'onread', 'node:net', 99),
    ],
    samples: [1, 2, 3, 4, 5],
    timeDeltas: [1000, 30, 30, 20, 20],
  });
  assert.deepEqual(entries[0], { group: 'Gatehouse', where: 'admit src/gateway.ts:10', share: 0.6 });
  assert.deepEqual(groupsOf(entries), [
    ['Gatehouse', 0.6],
    ['garbage collection', 0.2],
    ['Node core JavaScript', 0.2],
  ]);
});
