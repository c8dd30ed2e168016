/** What the benchmark is to show, as ratios of one run so that the machine does not matter. */
import { type Cell, cellOf, type Results } from './results.ts';
import type { RivalKey } from './rivals.ts';

export interface Goal {
  readonly title: string;
  readonly measured: number;
  readonly atMost: number;
  readonly unit: string;
  /** Why the figure says nothing, where it does not. */
  readonly doubt?: string;
}

/** Those whose workloads and rivals were measured. */
export function goalsOf(results: Results): Goal[] {
  const goals: Goal[] = [];
  const cpuUs = (key: string, rival: RivalKey) => cellOf(results, key, rival)?.cpuUs.median;
  function add(title: string, measured: number | undefined, atMost: number, unit = ''): void {
    if (measured !== undefined) goals.push({ title, measured, atMost, unit });
  }
  const small = cpuUs('small', 'gatehouse');
  add('small GET, CPU of HAProxy', ratio(small, cpuUs('small', 'haproxy')), 0.65);
  add('small GET, CPU of bare nginx', ratio(small, cpuUs('small', 'nginx')), 1.4);
  add('small GET, CPU of the Fastify stack', ratio(small, cpuUs('small', 'fastify')), 1 / 3);
  add('1 MiB reply, CPU of bare nginx', ratio(cpuUs('1m', 'gatehouse'), cpuUs('1m', 'nginx')), 1.3);
  for (const [key, what] of [
    ['401-forged', 'forged signature'],
    ['401-fresh', 'forged, another each time'],
    ['401-expired', 'expired token'],
    ['401-unsigned', 'alg none'],
  ] as const) {
    add(`401 (${what}), CPU of the good request`, ratio(cpuUs(key, 'gatehouse'), small), 1);
  }
  const latency = cellOf(results, 'small', 'gatehouse');
  if (latency !== undefined) goals.push(addedP99(latency));
  const idle = results.idle.find(({ rival }) => rival === 'gatehouse');
  add('an idle connection', idle && idle.bytesEach / 1024, 12, ' KiB');
  return goals;
}

const MOST_ADDED_MS = 1;

/** What is added is the difference of two calls: beside a direct one that takes longer by itself it is lost. */
function addedP99({ addedP99: added, directP99: direct }: Cell): Goal {
  return {
    title: 'small GET, added p99 at half load',
    measured: added.median,
    atMost: MOST_ADDED_MS,
    unit: ' ms',
    ...(direct.median > MOST_ADDED_MS && {
      doubt: `not shown: the direct call alone has ${direct.median.toFixed(2)} ms`,
    }),
  };
}

function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined ? undefined : part / whole;
}

export function verdictOn({ measured, atMost, doubt }: Goal): string {
  return doubt ?? (measured <= atMost ? 'met' : '**missed**');
}
