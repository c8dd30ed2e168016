/** What the commands print: columns for eyes, JSON for tools. */
import type { ExitCode, Terminal } from './terminal.ts';

/** Rows in columns as wide as their widest cell. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at]!)).join('  ');
  return all.map((row) => `${line(row).trimEnd()}\n`).join('');
}

export function when(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

export function printJson(terminal: Terminal, value: unknown): ExitCode {
  terminal.out(`${JSON.stringify(value, undefined, 2)}\n`);
  return 0;
}
