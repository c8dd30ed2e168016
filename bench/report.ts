/** The page of results: goals, one table a workload, memory, and how all of it was set up. */
import { type Goal, verdictOn } from './goals.ts';
import type { Cell, Results, WorkloadResult } from './results.ts';
import { RIVALS } from './rivals.ts';
import type { Spread } from './statistics.ts';

export interface Circumstances {
  readonly machine: string;
  readonly versions: string;
  readonly command: string;
  readonly effort: string;
  /** Text by name. */
  readonly configurations: ReadonlyMap<string, string>;
}

/** Under this share of its core a proxy was not what limited the rate. */
const BUSY = 0.95;

export function markdownOf(results: Results, goals: readonly Goal[], about: Circumstances): string {
  const sections = [
    `# Benchmark\n\nMachine: ${about.machine}\n\nVersions: ${about.versions}\n\n${about.effort}\n\n\`\`\`console\n$ ${about.command}\n\`\`\``,
    '![CPU time per request, by workload](cpu.svg)',
    `## Goals\n\n${goalsTable(goals)}`,
    ...results.workloads.map(workloadSection),
    memorySection(results),
    `## Configurations\n\nOf the small GET; the others differ in what the workload says.\n\n${configurations(about.configurations)}`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

export function goalsTable(goals: readonly Goal[]): string {
  const rows = goals.map((goal) => [
    goal.title,
    `${goal.measured.toFixed(2)}${goal.unit}`,
    `${goal.atMost.toFixed(2)}${goal.unit}`,
    verdictOn(goal),
  ]);
  return table(['goal', 'measured', 'at most', ''], rows);
}

export function workloadSection({ workload, cells, absent }: WorkloadResult): string {
  const head = [
    'proxy',
    'CPU µs per request',
    'requests/s on one core',
    'p50 ms',
    'p99 ms',
    'p99.9 ms',
    'direct p99 ms',
    'added p99 ms',
    'resident MB',
  ];
  const notes = absent.map((why) => `Not in it: ${why}.`);
  if (cells.some(isIdle)) notes.push('†: the proxy was not what limited the rate; its core was not busy all the time.');
  return [`## ${workload.title} (\`${workload.key}\`)`, table(head, cells.map(row)), ...notes].join('\n\n');
}

function isIdle({ busy }: Cell): boolean {
  return busy < BUSY;
}

function row(cell: Cell): string[] {
  return [
    RIVALS[cell.rival].title,
    withSpread(cell.cpuUs, 1),
    `${withSpread(cell.perSecond, 0)}${isIdle(cell) ? ' †' : ''}`,
    withSpread(cell.p50, 2),
    withSpread(cell.p99, 2),
    withSpread(cell.p999, 2),
    withSpread(cell.directP99, 2),
    withSpread(cell.addedP99, 2),
    (cell.residentBytes / 1024 / 1024).toFixed(0),
  ];
}

function withSpread({ median, least, most }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

function memorySection({ idle, allocatedBytes }: Results): string {
  const parts: string[] = [];
  if (idle.length > 0) {
    const rows = idle.map(({ rival, bytesEach }) => [RIVALS[rival].title, `${(bytesEach / 1024).toFixed(1)} KiB`]);
    parts.push(table(['proxy', 'an idle connection'], rows));
  }
  if (allocatedBytes !== undefined) {
    parts.push(`Gatehouse, small GET: ${allocatedBytes.toFixed(0)} bytes allocated per request, on V8's heap.`);
  }
  return parts.length === 0 ? '' : ['## Memory', ...parts].join('\n\n');
}

function configurations(texts: ReadonlyMap<string, string>): string {
  return [...texts]
    .map(
      ([name, text]) => `<details>\n<summary>${name}</summary>\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n\n</details>`,
    )
    .join('\n\n');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
