/** Writes the pages of `docs/` that are made from the code. A test fails when one of them is not current. */
import { writeFileSync } from 'node:fs';
import { configurationPage } from './docs-configuration.ts';
import { refusalsPage } from './docs-refusals.ts';
import { rulePages } from './docs-rules.ts';

export const generatedPages: readonly (readonly [file: string, text: () => string])[] = [
  ['docs/configuration.md', configurationPage],
  ['docs/refusals.md', refusalsPage],
  ...rulePages,
];

if (import.meta.main) for (const [file, text] of generatedPages) writeFileSync(file, text());
