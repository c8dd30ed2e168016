/**
 * What `npm test` runs: formatting, lint, types, dead code, then the tests. All
 * of them run whatever the others say, so that one run shows every fault.
 * Arguments are test files, for the ones at hand: `npm test -- src/route/*.test.ts`.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { installParts } from './parts.ts';

const chosen = process.argv.slice(2);
const tests =
  chosen.length > 0 ? chosen : globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/*.test.ts']).toSorted();

const steps: readonly (readonly [name: string, ...command: string[]])[] = [
  ['formatting', 'node_modules/.bin/oxfmt', '--check', '.'],
  ['lint', 'node_modules/.bin/oxlint', '--deny-warnings'],
  ['types', 'node_modules/.bin/tsc', '-p', 'tsconfig.json'],
  ['dead code', 'node_modules/.bin/knip'],
  [
    'tests',
    process.execPath,
    '--test',
    '--test-timeout=120000',
    `--test-concurrency=${availableParallelism()}`,
    '--test-reporter=./test/support/reporter.ts',
    ...tests,
  ],
];

/** A test that failed may leave a server open, and with it its file for ever: then the whole step is ended. */
const STEP_MS = 10 * 60_000;

installParts();
const failed: string[] = [];
for (const [name, command, ...args] of chosen.length > 0 ? steps.slice(-1) : steps) {
  const began = performance.now();
  const { status } = spawnSync(command!, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: STEP_MS });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
