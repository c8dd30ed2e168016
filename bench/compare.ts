/**
 * What does a guarded request cost, beside its rivals? CPU time per request is
 * what counts: it does not depend on what the load could do. Writes
 * bench/results/ and prints the goals; fails where an answer was wrong.
 *
 *   npm run bench -- [--quick] [--only small,1m,idle] [--rounds 3] [--seconds 2] [--connections 32] [--out FOLDER]
 *   npm run bench -- --profile [--seconds 10]     where the time of the small GET goes
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goalsOf } from './goals.ts';
import { watchGatehouse } from './hot-path.ts';
import { measureIdle } from './idle.ts';
import { describeMachine, describeVersions, installFastify, missing, widenPath } from './machine.ts';
import { measureWorkload } from './measure.ts';
import { readOptions, type Options } from './options.ts';
import { svgOf } from './plot.ts';
import { stopAllAtExit } from './process.ts';
import { entriesOf, groupsOf, type CpuProfile } from './profile.ts';
import { goalsTable, markdownOf, table, workloadSection } from './report.ts';
import type { IdleResult, Results, WorkloadResult } from './results.ts';
import { RIVALS, type RivalKey } from './rivals.ts';
import { createStand, type Stand } from './stand.ts';

const IDLE_RIVALS: readonly RivalKey[] = ['nginx', 'haproxy', 'fastify', 'gatehouse'];
const TOP = 30;

stopAllAtExit();
try {
  await run(readOptions(process.argv.slice(2)));
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function run(options: Options): Promise<void> {
  widenPath();
  const lacking = missing();
  if (lacking !== undefined) throw new Error(lacking);
  console.log(`Machine: ${describeMachine()}\nVersions: ${describeVersions()}\nCommand: ${options.command}\n`);
  mkdirSync(options.out, { recursive: true });
  if (!options.profile) installFastify();
  const stand = await createStand(options.connections);
  try {
    await (options.profile ? profile(stand, options) : compare(stand, options));
  } finally {
    await stand.close();
  }
}

async function compare(stand: Stand, options: Options): Promise<void> {
  const workloads: WorkloadResult[] = [];
  for (const workload of options.workloads) {
    const result = await measureWorkload(stand, workload, options).catch((error: unknown) => {
      throw new Error(`${workload.title}: ${error instanceof Error ? error.message : String(error)}`);
    });
    workloads.push(result);
    console.log(`${workloadSection(result)}\n`);
  }
  const idle: IdleResult[] = [];
  for (const key of options.idleConnections > 0 ? IDLE_RIVALS : []) {
    const result = await measureIdle(stand, key, options.idleConnections);
    idle.push(result);
    console.log(`${RIVALS[key].title}: ${(result.bytesEach / 1024).toFixed(1)} KiB for an idle connection`);
  }
  const small = workloads.some(({ workload }) => workload.key === 'small');
  const allocatedBytes = small ? (await watchGatehouse(stand, options.seconds)).allocatedBytes : undefined;
  if (allocatedBytes !== undefined) {
    console.log(`Gatehouse, small GET: ${allocatedBytes.toFixed(0)} bytes allocated per request`);
  }
  write({ workloads, idle, allocatedBytes }, stand, options);
}

function write(results: Results, stand: Stand, { out, command, rounds, seconds, connections }: Options): void {
  const goals = goalsOf(results);
  console.log(`\n${goalsTable(goals)}\n`);
  const effort = `Medians (and range) of ${rounds} rounds, ${seconds} s of full load each, ${connections} connections; latency at half of the highest rate, counted from when a request was due.`;
  const configurations = new Map(
    [...stand.configurations].map(([name, text]) => [name, text.replaceAll(stand.folder, 'FOLDER')]),
  );
  const about = { machine: describeMachine(), versions: describeVersions(), command, effort, configurations };
  writeFileSync(join(out, 'results.md'), markdownOf(results, goals, about));
  const keys = Object.keys(RIVALS) as RivalKey[];
  if (results.workloads.length > 0) {
    const groups = results.workloads.map(({ workload, cells }) => ({
      title: workload.title,
      bars: cells.map(({ rival, cpuUs }) => ({ series: keys.indexOf(rival), value: cpuUs.median })),
    }));
    const series = keys.map((key) => RIVALS[key].title);
    const axis = 'CPU time of the proxy per request, µs, logarithmic; less is better';
    writeFileSync(join(out, 'cpu.svg'), svgOf({ title: 'CPU time per request', axis, series, groups }));
  }
  spawnSync('node_modules/.bin/oxfmt', [join(out, 'results.md')], { stdio: 'inherit' });
  console.log(`Written: ${join(out, 'results.md')}`);
}

async function profile(stand: Stand, { out, seconds }: Options): Promise<void> {
  const file = join(out, 'gatehouse.cpuprofile');
  const { requests } = await watchGatehouse(stand, seconds, file);
  const entries = entriesOf(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile);
  console.log(`${requests} requests under profile\n`);
  console.log(
    table(
      ['whose', 'self time'],
      groupsOf(entries).map(([group, share]) => [group, percent(share)]),
    ),
  );
  const top = entries.slice(0, TOP).map(({ group, where, share }) => [where, group, percent(share)]);
  console.log(`\n${table(['function', 'whose', 'self time'], top)}\n\nWritten: ${file}`);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
