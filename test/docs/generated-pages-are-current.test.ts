import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generatedPages } from '../../scripts/docs.ts';

for (const [file, text] of generatedPages) {
  test(`${file} is current; \`npm run fix\` makes it so`, () => assert.equal(readFileSync(file, 'utf8'), text()));
}
