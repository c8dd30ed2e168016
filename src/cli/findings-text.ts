/** What the audit found, for eyes: the line that `run` prints too, and below it what happens in production, once for each rule. */
import { type Fault, formatFault } from '../config/faults.ts';
import { ruleOf } from '../config/rules/rules.ts';
import { wrap } from './narrow-columns.ts';

const INDENT = '    ';

export function formatFindings(faults: readonly Fault[], columns: number): string {
  const explained = new Set<string>();
  const text = faults.map((fault) => {
    const line = `${formatFault(fault)}\n`;
    const id = fault.finding?.rule;
    if (id === undefined || explained.has(id)) return line;
    explained.add(id);
    return `${line}${paragraph(ruleOf(id).why, columns)}`;
  });
  return text.join('');
}

function paragraph(text: string, columns: number): string {
  return wrap(text, columns - INDENT.length)
    .map((line) => `${INDENT}${line}\n`)
    .join('');
}

/** `1 error, 2 warnings`; empty where there is nothing. */
export function countText(faults: readonly Fault[]): string {
  const counts = (['error', 'warning'] as const).map((severity) => {
    const count = faults.filter((fault) => fault.severity === severity).length;
    return count === 0 ? '' : `${count} ${severity}${count === 1 ? '' : 's'}`;
  });
  return counts.filter(Boolean).join(', ');
}
