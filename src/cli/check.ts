/** `gatehouse check`: every fault of a configuration, or what it serves. Opens no port. */
import { parseArgs } from 'node:util';
import { formatFault } from '../config/faults.ts';
import { routesSummary } from '../config/summary.ts';
import { tested } from '../policy/run-tests.ts';
import { loadFile, oneFile } from './load.ts';
import { formatRoutes } from './routes-table.ts';
import type { Command } from './terminal.ts';

export const check: Command = {
  usage: 'check [FILE] [--json]  print every fault of FILE, or a table of its routes',
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    const loaded = await tested(loadFile(oneFile(positionals), terminal));
    const routes = loaded.config === undefined ? [] : routesSummary(loaded.config);
    const faults = loaded.config === undefined ? loaded.faults : loaded.warnings;
    if (values.json) {
      terminal.out(`${JSON.stringify({ ok: loaded.config !== undefined, faults, routes }, undefined, 2)}\n`);
    } else {
      for (const fault of faults) terminal.err(`${formatFault(fault)}\n`);
      if (loaded.config !== undefined) terminal.out(formatRoutes(routes));
    }
    return loaded.config === undefined ? 1 : 0;
  },
};
