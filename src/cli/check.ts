/**
 * `gatehouse check`: every fault of a configuration; and where it can be read,
 * what protects each route and what the audit has against it. Opens no port.
 */
import { parseArgs } from 'node:util';
import { routesSummary } from '../config/summary.ts';
import { tested } from '../policy/tested.ts';
import { COLUMNS, formatCoverage } from './coverage-text.ts';
import { countText, formatFindings } from './findings-text.ts';
import { loadFile, oneFile } from './load.ts';
import { printJson } from './print.ts';
import { sarifOf } from './sarif.ts';
import { version } from './version.ts';
import { checkReport } from './check-report.ts';
import type { Command, ExitCode } from './terminal.ts';

export const check: Command = {
  usage: 'check [FILE] [--strict] [--json|--sarif]  print what protects each route of FILE, and every fault of it',
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        sarif: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
      },
    });
    const loaded = await tested(loadFile(oneFile(positionals), terminal));
    const faults = loaded.config === undefined ? loaded.faults : loaded.warnings;
    const config = loaded.config ?? loaded.refused;
    const routes = config === undefined ? [] : routesSummary(config);
    const bad = loaded.config === undefined || (values.strict && faults.length > 0);
    const code: ExitCode = bad ? 1 : 0;
    const waived = loaded.config === undefined ? [] : (loaded.waived ?? []);
    if (values.sarif) {
      printJson(terminal, sarifOf({ faults, waived, version: version() }));
      return code;
    }
    if (values.json) {
      printJson(terminal, checkReport({ ok: !bad, faults, waived, routes }));
      return code;
    }
    if (config !== undefined) terminal.out(formatCoverage(routes));
    terminal.err(formatFindings(faults, COLUMNS));
    if (config !== undefined && faults.length > 0) terminal.err(`${countText(faults)}\n`);
    return code;
  },
};
