/**
 * What becomes of good answers when more is asked than the gateway can do?
 * Requests come at fixed moments, whether earlier ones were answered or not:
 * first at a rate that rises until the gateway no longer keeps up, then at shares
 * and multiples of the most it did. The gateway has one core; the service and the callers have the other.
 *
 * A good answer is a 200 within a second of when it was due. A request that is
 * due while every connection is busy, or rests after a refusal, is not sent.
 *
 *   npm run bench:overload -- [--seconds 4] [--connections 4000]
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startGatewayProcess } from '../test/support/process.ts';
import { createCaller, type Caller } from './caller.ts';
import { cpuSeconds } from './process.ts';
import { percentile } from './statistics.ts';
import { startStatic } from './static-service.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, connections: { type: 'string', default: '4000' } },
});
const [seconds, connections] = [Number(values.seconds), Number(values.connections)];
const GOOD_WITHIN_MS = 1000;
/** Until what is shed has found its measure. */
const LEAD_IN_MS = 2000;
/** Until nobody rests any more. */
const RESTED_MS = 1500;
const FIRST_RATE = 6000;
const KEEPS_UP = 0.97;
const FACTORS = [0.5, 1, 1.5, 2, 3];
const REQUEST = Buffer.from('GET /orders HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n');

const service = await startStatic();
const gateway = await startGatewayProcess(`
log: { access: off }
limits: { connections: 20000, connections_per_address: 20000 }
timeouts: { idle: 10m }
upstreams: { service: { targets: ["http://127.0.0.1:${service.port}"], max_connections: ${connections} } }
routes:
  - path: /orders
    kind: public
    upstream: service
    auth: none
    rate_limit: { quota: 100000000/min, by: address }
`);
for (const [core, pid] of [
  ['0', gateway.child.pid],
  ['1', process.pid],
]) {
  spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
}

interface Counts {
  good: number;
  late: number;
  refused: number;
  lost: number;
  unsent: number;
  readonly latencies: number[];
}

const none = (): Counts => ({ good: 0, late: 0, refused: 0, lost: 0, unsent: 0, latencies: [] });
let counts = none();
const idle: Caller[] = [];

function answered(caller: Caller, status: number): void {
  const ms = performance.now() - caller.dueAt;
  if (status === 503) counts.refused++;
  else if (status !== 200) counts.lost++;
  else if (ms > GOOD_WITHIN_MS) counts.late++;
  else {
    counts.good++;
    counts.latencies.push(ms);
  }
  idle.push(caller);
}

/** Refusals so far, by code; what was shed apart from what found no place at the service. */
async function refusals(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
  const byCode = new Map<string, number>();
  const add = (code: string, count: number): void => void byCode.set(code, (byCode.get(code) ?? 0) + count);
  for (const [, code, count] of text.matchAll(/^gatehouse_refusals_total\{code="(\w+)".*\} (\d+)$/gm))
    add(code!, Number(count));
  for (const [, count] of text.matchAll(/^gatehouse_requests_shed_total(?:\{.*\})? (\d+)$/gm)) {
    add('shed', Number(count));
    add('overloaded', -Number(count));
  }
  return byCode;
}

function send(caller: Caller, dueAt: number): void {
  caller.dueAt = dueAt;
  caller.send(REQUEST);
}

const callers = Array.from({ length: connections }, () =>
  createCaller({ port: gateway.port, tls: false, close: false, answered }),
);

/** The most good answers a second: the rate rises until they no longer keep up with it. */
async function highestRate(): Promise<number> {
  let highest = 0;
  for (let perSecond = FIRST_RATE; ; perSecond *= 1.15) {
    // eslint-disable-next-line no-await-in-loop -- one after another
    const { good } = await at(perSecond);
    highest = Math.max(highest, good / seconds);
    if (good / seconds < perSecond * KEEPS_UP) return highest;
  }
}

async function at(perSecond: number): Promise<Counts & { readonly cpu: number; readonly why: string }> {
  const before = await refusals();
  const startedAt = performance.now();
  const endsAt = startedAt + LEAD_IN_MS + seconds * 1000;
  let next = 0;
  let measuring = false;
  let cpuBefore = 0;
  await new Promise<void>((resolve) => {
    function turn(): void {
      const now = performance.now();
      if (!measuring && now > startedAt + LEAD_IN_MS) {
        measuring = true;
        cpuBefore = cpuSeconds(gateway.child.pid!);
        counts = none();
      }
      for (
        let dueAt = startedAt + (next * 1000) / perSecond;
        dueAt <= now;
        dueAt = startedAt + (next * 1000) / perSecond
      ) {
        next++;
        const caller = idle.pop();
        if (caller === undefined) counts.unsent++;
        else send(caller, dueAt);
      }
      if (now < endsAt) setTimeout(turn, 1);
      else resolve();
    }
    turn();
  });
  const measured = { ...counts, cpu: (cpuSeconds(gateway.child.pid!) - cpuBefore) / seconds };
  await sleep(RESTED_MS);
  counts = none();
  const why = [...(await refusals())]
    .map(([code, count]) => [code, count - (before.get(code) ?? 0)] as const)
    .filter(([, count]) => count > 0)
    .map(([code, count]) => `${code} ${count}`);
  return { ...measured, why: why.join(', ') };
}

/** Connections are opened before anything is measured. */
for (const [number, caller] of callers.entries()) {
  send(caller, performance.now());
  // eslint-disable-next-line no-await-in-loop -- some at a time
  if (number % 100 === 99) await sleep(10);
}
await sleep(1500);
// The first time everything is still being compiled.
await at(FIRST_RATE);
const highest = await highestRate();
const n = (value: number) => Math.round(value).toLocaleString('en');
console.log(`Node ${process.version}, ${n(connections)} connections; at most ${n(highest)} requests a second\n`);
console.log(
  '| asked, of the most | a second | good answers a second | of the most | p50, p99 of these (ms) | refused a second | refused in all, by code | late, lost a second | not sent a second | its core |',
);
console.log('|---|---|---|---|---|---|---|---|---|');
for (const factor of FACTORS) {
  // eslint-disable-next-line no-await-in-loop -- one after another
  const { good, refused, late, lost, unsent, latencies, cpu, why } = await at(highest * factor);
  if (latencies.length === 0) latencies.push(0);
  latencies.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(latencies, share).toFixed(1));
  const cells = [
    `${factor} ×`,
    n(highest * factor),
    n(good / seconds),
    `${((good / seconds / highest) * 100).toFixed(0)} %`,
    `${p50}, ${p99}`,
    n(refused / seconds),
    why || 'none',
    `${n(late / seconds)}, ${n(lost / seconds)}`,
    n(unsent / seconds),
    `${(cpu * 100).toFixed(0)} %`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
for (const caller of callers) caller.end();
await gateway.stop('SIGKILL');
await service.stop();
