/** Runs the open loop on the core of the load; see there for what it measures and why it yields to the upstream. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Latency, OpenLoop, OpenLoopResult } from './open-loop.ts';
import { outputOf } from './process.ts';

const PROGRAM = fileURLToPath(new URL('open-loop.ts', import.meta.url));

/** Throws where an answer was not what it must be. */
export async function measureLatency(core: number, folder: string, loop: OpenLoop): Promise<Latency> {
  const file = join(folder, 'open-loop.json');
  writeFileSync(file, JSON.stringify(loop));
  const output = await outputOf(core, ['chrt', '--idle', '0', process.execPath, PROGRAM, file]);
  const { sent, wrong, ...latency } = JSON.parse(output) as OpenLoopResult;
  if (wrong > 0) throw new Error(`${wrong} of ${sent} answers at a fixed rate were not ${loop.status}`);
  return latency;
}
