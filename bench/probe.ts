/**
 * Loaded into the measured gateway before it starts. SIGUSR2 begins to count
 * what is allocated on V8's heap, the next one writes it: garbage found at each
 * collection, and what has come since. With BENCH_PROFILE a CPU profile too.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { getHeapStatistics, GCProfiler } from 'node:v8';

export interface Probed {
  readonly allocatedBytes: number;
}

const { BENCH_PROBE: file, BENCH_PROFILE: profileFile } = process.env;
const collections = new GCProfiler();
const session = new Session();
let usedAtStart: number | undefined;

async function begin(): Promise<void> {
  usedAtStart = getHeapStatistics().used_heap_size;
  if (profileFile !== undefined) {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
    return;
  }
  collections.start();
}

async function end(usedBefore: number): Promise<void> {
  let allocatedBytes = 0;
  if (profileFile === undefined) {
    let used = usedBefore;
    for (const { beforeGC, afterGC } of collections.stop()?.statistics ?? []) {
      allocatedBytes += beforeGC.heapStatistics.usedHeapSize - used;
      used = afterGC.heapStatistics.usedHeapSize;
    }
    allocatedBytes += getHeapStatistics().used_heap_size - used;
  } else {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(profileFile, JSON.stringify(profile));
  }
  // Renamed, so that who waits for the file finds all of it.
  writeFileSync(`${file}.part`, JSON.stringify({ allocatedBytes } satisfies Probed));
  renameSync(`${file}.part`, file!);
}

process.on('SIGUSR2', () => {
  if (usedAtStart === undefined) void begin();
  else void end(usedAtStart);
});
