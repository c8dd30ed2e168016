/** `gatehouse test`: runs the policy tests of a configuration, or of a file beside it. Opens no socket. */
import { parseArgs } from 'node:util';
import { type Fault, formatFault } from '../config/faults.ts';
import { loadTests } from '../config/load.ts';
import { runTests } from '../policy/run-tests.ts';
import { loadFile, oneFile } from './load.ts';
import { printJson } from './print.ts';
import type { Command, ExitCode, Terminal } from './terminal.ts';

export const testCommand: Command = {
  usage: 'test [FILE] [--tests TESTS]  run the policy tests of FILE, or of TESTS against it',
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { tests: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const loaded = loadFile(oneFile(positionals), terminal);
    if (loaded.config === undefined) return report(loaded.faults, 0, { terminal, json: values.json });
    const { config } = loaded;
    const suite = values.tests === undefined ? config : loadTests(values.tests, terminal);
    if ('faults' in suite) return report(suite.faults, 0, { terminal, json: values.json });
    const failures = suite.tests.length === 0 ? [noTests(suite.file)] : await runTests(config, suite);
    return report(failures, suite.tests.length, { terminal, json: values.json });
  },
};

/** A suite that vanished must not look like one that passed. */
function noTests(file: string): Fault {
  const message = 'there are no `tests`; write some, as in `- { request: { path: /orders }, expect: { status: 401 } }`';
  return { file, line: 1, column: 1, severity: 'error', message };
}

function report(
  failures: readonly Fault[],
  tests: number,
  { terminal, json }: { readonly terminal: Terminal; readonly json: boolean },
): ExitCode {
  const ok = failures.length === 0;
  if (json) printJson(terminal, { ok, tests, failures });
  else {
    for (const failure of failures) terminal.err(`${formatFault(failure)}\n`);
    const ran = `${tests} ${tests === 1 ? 'test' : 'tests'}`;
    if (ok) terminal.out(`${ran} passed\n`);
    else if (tests > 0) terminal.err(`${ran}, ${failures.length} not as expected\n`);
  }
  return ok ? 0 : 1;
}
