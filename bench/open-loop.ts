/**
 * How long at a given rate: a program that sends requests at fixed moments,
 * whether earlier ones were answered or not, and measures each from the moment
 * it was due. A stall thus counts for all who would have come during it, where a
 * closed loop would have waited with it (coordinated omission).
 *
 * It spins instead of sleeping, as timers are a millisecond coarse, and is run
 * with the idle policy of the scheduler so that the upstream on the same core
 * always goes first. What it adds itself shows in the direct call.
 *
 *   node bench/open-loop.ts FILE    (a `Source` in JSON; then an `OpenLoop` a line, each answered by a line)
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createCaller, type Caller } from './caller.ts';
import { percentile } from './statistics.ts';
import { requestsOf, type Traffic } from './traffic.ts';

/** What all measurements of one process send. */
export interface Source {
  readonly tls: boolean;
  readonly traffic: Traffic;
  readonly connections: number;
  /** Called while this program is still being compiled. */
  readonly warmUpPort: number;
}

export interface OpenLoop {
  readonly port: number;
  readonly status: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly offset: number;
}

/** Milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** `wrong`: answered with another status, cut off or not answered. */
export interface OpenLoopResult extends Latency {
  readonly sent: number;
  readonly wrong: number;
}

/** Not measured: connections are opened, at a rate that rises to the one asked for. */
const LEAD_IN_SECONDS = 0.4;
const PATIENCE_MS = 10_000;

/**
 * V8 compiles this program in steps, the last of them after some 20,000 requests,
 * and each holds it up for 10 to 20 ms: enough to be the p99 of what follows.
 */
const WARM_UP = { perSecond: 8000, seconds: 4, status: 200, offset: 0 };

const { tls, traffic, connections, warmUpPort } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Source;

function measure({ port, status: wanted, perSecond, seconds, offset }: OpenLoop): Promise<OpenLoopResult> {
  const requests = requestsOf(traffic, port);
  const intervalMs = 1000 / perSecond;
  /** A rate that rises evenly from nothing is half of it on average. */
  const leadIn = Math.ceil((perSecond * LEAD_IN_SECONDS) / 2);
  const total = leadIn + Math.ceil(perSecond * seconds);
  const latencies = new Float64Array(total);
  const idle: Caller[] = [];
  /** Due, and no connection was free. */
  const waiting: number[] = [];
  let waited = 0;
  let next = 0;
  let done = 0;
  let wrong = 0;

  function answered(caller: Caller, status: number): void {
    latencies[done++] = performance.now() - caller.dueAt;
    if (status !== wanted) wrong++;
    if (waited < waiting.length) send(caller, waiting[waited++]!);
    else idle.push(caller);
  }

  let sent = offset;
  function send(caller: Caller, dueAt: number): void {
    caller.dueAt = dueAt;
    caller.send(requests[sent++ % requests.length]!);
  }

  const settings = { port, tls, close: traffic.close, answered };
  const callers = Array.from({ length: connections }, () => createCaller(settings));
  idle.push(...callers);
  const startedAt = performance.now();
  const giveUpAt = startedAt + (LEAD_IN_SECONDS + seconds) * 1000 + PATIENCE_MS;

  /** When the `at`-th request is due. */
  function dueAtOf(at: number): number {
    if (at < leadIn) return startedAt + LEAD_IN_SECONDS * 1000 * Math.sqrt(at / leadIn);
    return startedAt + LEAD_IN_SECONDS * 1000 + (at - leadIn) * intervalMs;
  }

  function report(): OpenLoopResult {
    for (const caller of callers) caller.end();
    // In the order of the answers, which is near enough to that of the requests to leave out the beginning.
    const measured = latencies.slice(Math.min(leadIn, done), done).toSorted();
    const at = (share: number) => percentile(measured, share);
    return { p50: at(0.5), p99: at(0.99), p999: at(0.999), sent: total, wrong: wrong + total - done };
  }

  return new Promise((resolve) => {
    function turn(): void {
      const now = performance.now();
      for (let dueAt = dueAtOf(next); next < total && dueAt <= now; dueAt = dueAtOf(next)) {
        next++;
        const caller = idle.pop();
        if (caller === undefined) waiting.push(dueAt);
        else send(caller, dueAt);
      }
      if (done < total && now < giveUpAt) setImmediate(turn);
      else resolve(report());
    }
    turn();
  });
}

await measure({ ...WARM_UP, port: warmUpPort });
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await measure(JSON.parse(line) as OpenLoop))}\n`);
}
