/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { WORKLOADS, type Workload } from './workloads.ts';

export interface Options {
  readonly workloads: readonly Workload[];
  /** Connections that are kept and do nothing; 0: not measured. */
  readonly idleConnections: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly out: string;
  readonly profile: boolean;
  /** As it can be typed again; without the folder, which is this machine's own. */
  readonly command: string;
}

const IDLE = 'idle';

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      connections: { type: 'string', default: '32' },
      out: { type: 'string', default: 'bench/results' },
    },
  });
  const keys = [...WORKLOADS.map(({ key }) => key), IDLE];
  const only = values.only?.split(',') ?? keys.filter((key) => !values.quick || isQuick(key));
  const unknown = only.filter((key) => !keys.includes(key));
  if (unknown.length > 0) throw new Error(`--only: no workload ${unknown.join(', ')}; there are ${keys.join(', ')}`);
  return {
    workloads: WORKLOADS.filter(({ key }) => only.includes(key)),
    idleConnections: only.includes(IDLE) ? 10_000 : 0,
    rounds: count('rounds', values.rounds ?? (values.quick ? '1' : '3')),
    seconds: count('seconds', values.seconds ?? (values.profile ? '10' : values.quick ? '1' : '2')),
    connections: count('connections', values.connections),
    out: values.out,
    profile: values.profile,
    command: ['npm run bench --', ...args]
      .join(' ')
      .replace(/ --out[ =]\S+/, '')
      .replace(/ --$/, ''),
  };
}

function isQuick(key: string): boolean {
  return key === IDLE || WORKLOADS.some((workload) => workload.key === key && workload.quick);
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is a whole number from 1, not ${text}`);
  return value;
}
