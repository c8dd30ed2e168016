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
 *   node bench/open-loop.ts FILE    (an `OpenLoop` in JSON)
 */
import { readFileSync } from 'node:fs';
import { createCaller, type Caller } from './caller.ts';
import { percentile } from './statistics.ts';
import { requestsOf, type Traffic } from './traffic.ts';

export interface OpenLoop {
  readonly port: number;
  readonly tls: boolean;
  readonly traffic: Traffic;
  readonly status: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
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

/** Not measured: connections are opened and this program is compiled, at a rate that rises to the one asked for. */
const LEAD_IN_SECONDS = 0.4;
const PATIENCE_MS = 10_000;

const loop = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as OpenLoop;
const requests = requestsOf(loop.traffic, loop.port);
const intervalMs = 1000 / loop.perSecond;
/** A rate that rises evenly from nothing is half of it on average. */
const leadIn = Math.ceil((loop.perSecond * LEAD_IN_SECONDS) / 2);
const total = leadIn + Math.ceil(loop.perSecond * loop.seconds);
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
  if (status !== loop.status) wrong++;
  if (waited < waiting.length) send(caller, waiting[waited++]!);
  else idle.push(caller);
}

let sent = loop.offset;
function send(caller: Caller, dueAt: number): void {
  caller.dueAt = dueAt;
  caller.send(requests[sent++ % requests.length]!);
}

const { port, tls } = loop;
const settings = { port, tls, close: loop.traffic.close, answered };
for (let count = 0; count < loop.connections; count++) idle.push(createCaller(settings));
const startedAt = performance.now();
const giveUpAt = startedAt + (LEAD_IN_SECONDS + loop.seconds) * 1000 + PATIENCE_MS;

/** When the `at`-th request is due. */
function dueAtOf(at: number): number {
  if (at < leadIn) return startedAt + LEAD_IN_SECONDS * 1000 * Math.sqrt(at / leadIn);
  return startedAt + LEAD_IN_SECONDS * 1000 + (at - leadIn) * intervalMs;
}

function turn(): void {
  const now = performance.now();
  for (let dueAt = dueAtOf(next); next < total && dueAt <= now; dueAt = dueAtOf(next)) {
    next++;
    const caller = idle.pop();
    if (caller === undefined) waiting.push(dueAt);
    else send(caller, dueAt);
  }
  if (done < total && now < giveUpAt) setImmediate(turn);
  else report();
}

function report(): void {
  // In the order of the answers, which is near enough to that of the requests to leave out the beginning.
  const measured = latencies.slice(Math.min(leadIn, done), done).toSorted();
  const at = (share: number) => percentile(measured, share);
  const result = { p50: at(0.5), p99: at(0.99), p999: at(0.999), sent: total, wrong: wrong + total - done };
  process.stdout.write(JSON.stringify(result satisfies OpenLoopResult), () => process.exit(0));
}

turn();
