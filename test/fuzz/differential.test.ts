import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzDifferential } from './differential.ts';

const SEED = 20_261_124;

test('H1-28 what is accepted of 30,000 mutated streams Node accepts too, and reads as the same', async () => {
  const { agreed, differences } = await fuzzDifferential(SEED, 30_000);
  assert.ok(agreed > 10_000, `only ${agreed} requests were accepted: the mutants are too wild to tell anything`);
  assert.ok(
    differences.size > 15,
    `only ${differences.size} of the known differences came up: something is not looked at`,
  );
});
