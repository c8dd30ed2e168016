/** `gatehouse diff`: what a new configuration changes for security, before it is deployed. */
import { parseArgs, styleText } from 'node:util';
import type { Config } from '../config/config.ts';
import { formatFault } from '../config/faults.ts';
import type { Change, Grade } from '../diff/change.ts';
import { diffConfigs } from '../diff/diff.ts';
import { loadFile } from './load.ts';
import { printJson } from './print.ts';
import { type Command, type Terminal, UsageError } from './terminal.ts';

const SIGNS = { weaker: '-', stronger: '+', neutral: '~' } as const satisfies Record<Grade, string>;
const ORDER: readonly Grade[] = ['weaker', 'stronger', 'neutral'];

export const diffCommand: Command = {
  usage: 'diff OLD NEW  what changes for security, in sentences; 1 where something becomes weaker',
  run(args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, 'allow-weaker': { type: 'boolean', default: false } },
    });
    const [old, now, ...rest] = positionals;
    if (old === undefined || now === undefined || rest.length > 0)
      throw new UsageError('diff takes two files: OLD NEW');
    // Both are read, so that one run shows all that is wrong.
    const [before, after] = [load(old, terminal), load(now, terminal)];
    if (before === undefined || after === undefined) return 1;
    const changes = diffConfigs(before, after);
    if (values.json) printJson(terminal, changes);
    else terminal.out(changesText(changes));
    return changes.some(({ grade }) => grade === 'weaker') && !values['allow-weaker'] ? 1 : 0;
  },
};

function load(file: string, terminal: Terminal): Config | undefined {
  const loaded = loadFile(file, terminal);
  if (loaded.config === undefined) for (const fault of loaded.faults) terminal.err(`${formatFault(fault)}\n`);
  // What only the audit is against can be compared, and that is when it matters most.
  return loaded.config ?? loaded.refused;
}

function changesText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'nothing changes for security\n';
  return ORDER.map((grade) => {
    const lines = changes.filter((one) => one.grade === grade);
    if (lines.length === 0) return '';
    const text = lines.map(({ subject, what }) => `${SIGNS[grade]} ${subject} ${what}\n`).join('');
    return `${styleText('bold', grade)}\n${text}`;
  }).join('');
}
