/**
 * What callers feel when targets fail: of ten, one and then nine do what a table
 * says, under load, and come back. Shown are the share of good answers before,
 * in and after it, how long the answers took in it, how many requests the bad
 * targets still got, and how soon all of them had their part again.
 *
 *   npm run bench:faults -- [--only "refuses,is slow"] [--seconds 6]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startGatewayProcess, type GatewayProcess } from '../test/support/process.ts';
import { createCaller, type Caller } from './caller.ts';
import { CONDUCTS, startFaultyService, type Conduct } from './faulty-service.ts';
import { percentile } from './statistics.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, seconds: { type: 'string', default: '6' } },
});
const seconds = Number(values.seconds);
const wanted = values.only?.split(',') ?? CONDUCTS.filter((conduct) => conduct !== 'answers');

const CALLERS = 40;
/** Between an answer and the next request of the same caller. */
const THINK_MS = 20;
/** Within which every target is to have had a request again. */
const BACK_WITHIN_MS = 120_000;

/** What callers were answered in one stretch of time. */
interface Stretch {
  good: number;
  bad: number;
  readonly times: number[];
}
const newStretch = (): Stretch => ({ good: 0, bad: 0, times: [] });
let stretch = newStretch();

const service = await startFaultyService();

/** A gateway of its own for each row: a target that fails again soon after is left alone for longer. */
function startBefore(): Promise<GatewayProcess> {
  return startGatewayProcess(`
log: { access: off }
upstreams:
  orders:
    targets: [${service.ports.map((port) => `"http://127.0.0.1:${port}"`).join(', ')}]
    timeouts: { response: 1s, idle: 1s }
routes: [{ path: /*, kind: operations, upstream: orders, auth: none }]
`);
}

const request = Buffer.from('GET /orders HTTP/1.1\r\nHost: a\r\n\r\n');

/** Callers who ask again a moment after each answer. Returns how to stop them. */
function load(port: number): () => void {
  let stopped = false;
  function ask(caller: Caller): void {
    if (stopped) return caller.end();
    caller.dueAt = performance.now();
    caller.send(request);
  }
  function answered(caller: Caller, status: number): void {
    stretch.times.push(performance.now() - caller.dueAt);
    if (status === 200) stretch.good++;
    else stretch.bad++;
    setTimeout(ask, THINK_MS, caller);
  }
  for (let at = 0; at < CALLERS; at++) ask(createCaller({ port, tls: false, close: false, answered }));
  return () => void (stopped = true);
}

async function over(ms: number): Promise<Stretch> {
  stretch = newStretch();
  await sleep(ms);
  return stretch;
}

/** Until each target has had at least half of its part in one second. */
async function untilAllAreBack(): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < BACK_WITHIN_MS) {
    await service.counts();
    await sleep(1000);
    const counts = await service.counts();
    const fair = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    if (counts.every((count) => count >= fair / 2)) break;
  }
  return performance.now() - began;
}

async function run(conduct: Conduct, bad: number): Promise<void> {
  const gateway = await startBefore();
  const stop = load(gateway.port);
  await sleep(2000);
  const before = await over(2000);
  await service.counts();
  await service.set(bad, conduct);
  const during = await over(seconds * 1000);
  const sent = (await service.counts()).slice(0, bad).reduce((sum, count) => sum + count, 0);
  await service.set(0, 'answers');
  stretch = newStretch();
  const backMs = await untilAllAreBack();
  const after = await over(2000);
  stop();
  await gateway.stop('SIGKILL');
  const at = (share: number) =>
    percentile(
      during.times.toSorted((a, b) => a - b),
      share,
    ).toFixed(0);
  const total = during.good + during.bad;
  console.log(
    `| ${conduct} | ${bad} | ${goodOf(before)}, ${goodOf(during)}, ${goodOf(after)} | ${at(0.5)}, ${at(0.99)} | ${sent} of ${total} | ${(backMs / 1000).toFixed(0)} |`,
  );
}

function goodOf({ good, bad }: Stretch): string {
  return `${((100 * good) / (good + bad)).toFixed(1)} %`;
}

console.log(
  '| targets that | of ten | good answers before, in, after | p50, p99 in it (ms) | requests they got | back after (s) |',
);
console.log('|---|---|---|---|---|---|');
for (const conduct of CONDUCTS.filter((one) => wanted.includes(one))) {
  for (const bad of [1, 9]) await run(conduct, bad);
}
process.exit(0);
