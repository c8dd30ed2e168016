/** What a kept connection weighs that does nothing: resident memory with thousands of them, less that without. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Held } from './idle-connections.ts';
import { onCore, residentBytes } from './process.ts';
import type { IdleResult } from './results.ts';
import type { RivalKey } from './rivals.ts';
import { LOAD_CORE, type Stand } from './stand.ts';
import { WORKLOADS } from './workloads.ts';
import { runWrk } from './wrk.ts';

const PROGRAM = fileURLToPath(new URL('idle-connections.ts', import.meta.url));
const READY_MS = 60_000;
/** In which the last answers' garbage may be collected. */
const SETTLE_MS = 3000;

export async function measureIdle(stand: Stand, key: RivalKey, count: number): Promise<IdleResult> {
  const plain = WORKLOADS[0]!;
  const prepared = await stand.prepare(plain);
  const rival = await prepared.start(key);
  const { port, tls } = rival.load;
  try {
    // What a rival allocates once, whoever calls, is allocated before.
    await runWrk({ ...rival.load, seconds: 2, offset: 0 });
    await settle();
    const before = residentBytes(rival.process.pid);
    const file = join(stand.folder, 'idle.json');
    const { traffic } = prepared;
    const settings: Held = { port, tls, traffic, status: 200 };
    writeFileSync(file, JSON.stringify(settings));
    const letGo = await hold(file, count);
    await settle();
    const bytesEach = (residentBytes(rival.process.pid) - before) / count;
    letGo();
    return { rival: key, bytesEach };
  } finally {
    await rival.process.stop();
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

/** Resolves when all are there; with how to let them go. */
async function hold(file: string, count: number): Promise<() => void> {
  const [program, ...args] = onCore(LOAD_CORE, [process.execPath, PROGRAM, file, String(count)]);
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: READY_MS,
    killSignal: 'SIGKILL',
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`${count} idle connections: ended with ${code}`)));
  });
  return () => void child.kill('SIGKILL');
}
