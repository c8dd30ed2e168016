/** What a run has found out. */
import type { RivalKey } from './rivals.ts';
import type { Spread } from './statistics.ts';
import type { Workload } from './workloads.ts';

export interface Cell {
  readonly rival: RivalKey;
  readonly cpuUs: Spread;
  readonly perSecond: Spread;
  /** Share of its core that the proxy used at most; under 1, something else was the limit. */
  readonly busy: number;
  /** Milliseconds at half the rate above. */
  readonly p50: Spread;
  readonly p99: Spread;
  readonly p999: Spread;
  /** Less that of the upstream itself, called at the same rate in the same round. */
  readonly addedP99: Spread;
  readonly directP99: Spread;
  readonly residentBytes: number;
}

export interface WorkloadResult {
  readonly workload: Workload;
  readonly cells: readonly Cell[];
  /** Who was left out, and why. */
  readonly absent: readonly string[];
}

export interface IdleResult {
  readonly rival: RivalKey;
  readonly bytesEach: number;
}

export interface Results {
  readonly workloads: readonly WorkloadResult[];
  readonly idle: readonly IdleResult[];
  /** Of Gatehouse, on V8's heap, for a request of the small workload. */
  readonly allocatedBytes: number | undefined;
}

export function cellOf({ workloads }: Pick<Results, 'workloads'>, key: string, rival: RivalKey): Cell | undefined {
  return workloads.find(({ workload }) => workload.key === key)?.cells.find((cell) => cell.rival === rival);
}
