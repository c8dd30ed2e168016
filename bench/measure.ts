/**
 * One workload: its rivals are set up, warmed, and then measured in turn for
 * some rounds, so that a noisy moment is noisy to all alike. A round is the most
 * a rival can do, then its latency at half of that, then that of the upstream
 * itself at the same rate.
 */
import { startLatencyMeter, type LatencyMeter } from './latency.ts';
import type { Latency } from './open-loop.ts';
import { cpuSeconds, residentBytes } from './process.ts';
import type { Cell, WorkloadResult } from './results.ts';
import { RIVALS } from './rivals.ts';
import { LOAD_CORE, PORTS, type Stand, type Started } from './stand.ts';
import { spreadOf } from './statistics.ts';
import type { Workload } from './workloads.ts';
import { runWrk } from './wrk.ts';

export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
}

/** Latency takes a share of the time of the full load; what the upstream does needs less to be known. */
const LATENCY_SHARE = 0.5;
const DIRECT_SHARE = 0.25;

/** Warm is who needs hardly less for a request than a second before; Node compiles for some seconds. */
const WARM = 0.95;
const WARM_UP_SECONDS = 6;

interface Running extends Started {
  /** Where it has come to among the requests. */
  offset: number;
  halfRate: number;
  busy: number;
  readonly cpuUs: number[];
  readonly perSecond: number[];
  readonly latencies: Latency[];
  readonly directs: Latency[];
}

export async function measureWorkload(stand: Stand, workload: Workload, effort: Effort): Promise<WorkloadResult> {
  const prepared = await stand.prepare(workload);
  const absent: string[] = [];
  const running: Running[] = [];
  const warmUpPort = workload.tls ? PORTS.upstreamTls : PORTS.upstream;
  const { traffic } = prepared;
  const source = { tls: workload.tls, traffic, connections: effort.connections, warmUpPort };
  const meter = startLatencyMeter(LOAD_CORE, stand.folder, source);
  try {
    for (const key of workload.rivals) {
      const why = prepared.absent(key);
      if (why !== undefined) {
        absent.push(`${RIVALS[key].title}: ${why}`);
        continue;
      }
      const started = await prepared.start(key);
      const rival = {
        ...started,
        offset: 0,
        halfRate: 0,
        busy: 0,
        cpuUs: [],
        perSecond: [],
        latencies: [],
        directs: [],
      };
      running.push(rival);
      await warmUp(rival);
    }
    for (let round = 0; round < effort.rounds; round++) {
      for (const rival of running) await measureRound({ rival, meter, workload, effort });
    }
    return { workload, absent, cells: running.map(cellFrom) };
  } finally {
    meter.stop();
    for (const rival of running) await rival.process.stop();
  }
}

async function warmUp(rival: Running): Promise<void> {
  let costBefore = Number.POSITIVE_INFINITY;
  for (let second = 0; second < WARM_UP_SECONDS; second++) {
    const { requests, cpu } = await fullLoad(rival, 1);
    const cost = cpu / requests;
    if (cost > costBefore * WARM) return;
    costBefore = cost;
  }
}

/** Requests that were sent, and the CPU time that the rival took for them. */
async function fullLoad(
  rival: Running,
  seconds: number,
): Promise<{ requests: number; perSecond: number; cpu: number }> {
  const { load, process } = rival;
  const before = cpuSeconds(process.pid);
  const { requests, perSecond } = await runWrk({ ...load, seconds, offset: rival.offset }).catch((error: unknown) => {
    throw new Error(`${rival.key}: ${String(error)}`);
  });
  // What was under way at the end was sent, too.
  rival.offset += requests + load.connections;
  return { requests, perSecond, cpu: cpuSeconds(process.pid) - before };
}

interface Round {
  readonly rival: Running;
  readonly meter: LatencyMeter;
  readonly workload: Workload;
  readonly effort: Effort;
}

async function measureRound({ rival, meter, workload, effort }: Round): Promise<void> {
  const { seconds } = effort;
  const { requests, perSecond, cpu } = await fullLoad(rival, seconds);
  rival.cpuUs.push((cpu / requests) * 1e6);
  rival.perSecond.push(perSecond);
  rival.busy = Math.max(rival.busy, cpu / (requests / perSecond));
  rival.halfRate ||= perSecond / 2;

  const { offset, halfRate } = rival;
  const common = { perSecond: halfRate, offset };
  const time = seconds * LATENCY_SHARE;
  const { status } = workload;
  rival.latencies.push(await meter.measure({ ...common, port: rival.load.port, status, seconds: time }));
  // Its lead-in is more than one would add; what matters is only not to be met again.
  rival.offset += Math.ceil(halfRate * (time + 1));
  const port = workload.tls ? PORTS.upstreamTls : PORTS.upstream;
  rival.directs.push(await meter.measure({ ...common, port, status: 200, seconds: seconds * DIRECT_SHARE }));
}

function cellFrom(rival: Running): Cell {
  const { latencies, directs } = rival;
  return {
    rival: rival.key,
    cpuUs: spreadOf(rival.cpuUs),
    perSecond: spreadOf(rival.perSecond),
    busy: rival.busy,
    p50: spreadOf(latencies.map(({ p50 }) => p50)),
    p99: spreadOf(latencies.map(({ p99 }) => p99)),
    p999: spreadOf(latencies.map(({ p999 }) => p999)),
    directP99: spreadOf(directs.map(({ p99 }) => p99)),
    addedP99: spreadOf(latencies.map(({ p99 }, round) => p99 - directs[round]!.p99)),
    residentBytes: residentBytes(rival.process.pid),
  };
}
