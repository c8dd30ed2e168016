/** Reads a CPU profile of V8: which functions the time was in, by themselves, and whose they are. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

export interface Entry {
  readonly group: string;
  readonly where: string;
  /** Of the time in which anything was done. */
  readonly share: number;
}

/** All functions, the costliest first. */
export function entriesOf({ nodes, samples, timeDeltas }: CpuProfile): Entry[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const micros = new Map<string, { group: string; time: number }>();
  let total = 0;
  samples.forEach((id, at) => {
    const frame = frames.get(id)!;
    if (frame.functionName === '(idle)') return;
    const time = timeDeltas[at]!;
    total += time;
    const where = placeOf(frame);
    const entry = micros.get(where);
    if (entry === undefined) micros.set(where, { group: groupOf(frame), time });
    else entry.time += time;
  });
  return [...micros]
    .map(([where, { group, time }]) => ({ group, where, share: time / total }))
    .toSorted((a, b) => b.share - a.share);
}

/** Shares by group, the largest first. */
export function groupsOf(entries: readonly Entry[]): [group: string, share: number][] {
  const shares = new Map<string, number>();
  for (const { group, share } of entries) shares.set(group, (shares.get(group) ?? 0) + share);
  return [...shares].toSorted(([, a], [, b]) => b - a);
}

function placeOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.startsWith('file:') ? relative(process.cwd(), fileURLToPath(url)) : url;
  return `${name} ${file}:${lineNumber + 1}`;
}

function groupOf({ url, functionName }: CallFrame): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (url === '') return 'native code';
  if (url.startsWith('node:')) return 'Node core JavaScript';
  return url.includes('/node_modules/') ? 'dependencies' : 'Gatehouse';
}
