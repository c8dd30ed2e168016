import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completed, linesMarked } from '../../../test/support/rule-example.ts';
import { sourceOf } from '../../../test/support/source.ts';
import { formatFault } from '../faults.ts';
import { parseConfig } from '../load.ts';
import { refusedAtReading } from './refused.ts';
import { rules } from './rules.ts';

function faultsOf(fragment: string) {
  const loaded = parseConfig(completed(fragment), 'g.yaml', sourceOf({ env: { PASSPHRASE: 'long enough to be one' } }));
  return loaded.config === undefined ? loaded.faults : loaded.warnings;
}

for (const { id, severity, examples } of rules) {
  test(`${id}: the failing example fails, by this rule alone and where it says`, () => {
    const faults = faultsOf(examples.failing);
    const said = faults.map(formatFault).join('\n');
    assert.deepEqual([...new Set(faults.map(({ finding }) => finding?.rule))], [id], said);
    assert.deepEqual(
      faults.map(({ line }) => line),
      linesMarked(examples.failing),
      said,
    );
    assert.equal(faults[0]?.severity, severity);
  });

  test(`${id}: the passing example has nothing to be said of`, () => {
    assert.deepEqual(faultsOf(examples.passing).map(formatFault), []);
  });
}

test('ids are kebab-case, and each is one rule', () => {
  const ids = rules.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[a-z]+(?:-[a-z]+)+$/);
});

for (const { title, failing } of refusedAtReading) {
  test(`cannot be written: ${title}`, () => {
    const faults = faultsOf(failing).filter(({ severity }) => severity === 'error');
    assert.deepEqual(
      [...new Set(faults.map(({ line }) => line))],
      linesMarked(failing),
      faults.map(formatFault).join('\n'),
    );
    assert.ok(faults.every(({ finding }) => finding === undefined));
  });
}
