/** What `npm run fix` runs: mends what lint can mend, formats everything, and writes generated pages anew. */
import { spawnSync } from 'node:child_process';

const steps = [
  ['node_modules/.bin/oxlint', '--fix', '--deny-warnings'],
  [process.execPath, 'scripts/docs.ts'],
  ['node_modules/.bin/oxfmt', '.'],
] as const;

for (const [command, ...args] of steps) {
  if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) process.exitCode = 1;
}
