/** Runs the open loop on the core of the load; see there for what it measures and why it yields to the upstream. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Latency, OpenLoop, OpenLoopResult, Source } from './open-loop.ts';
import { onCore } from './process.ts';

const PROGRAM = fileURLToPath(new URL('open-loop.ts', import.meta.url));

export interface LatencyMeter {
  /** Throws where an answer was not what it must be. One at a time. */
  measure(loop: OpenLoop): Promise<Latency>;
  stop(): void;
}

/** One process for all measurements of a workload: it is slow only when it is new. */
export function startLatencyMeter(core: number, folder: string, source: Source): LatencyMeter {
  const file = join(folder, 'open-loop.json');
  writeFileSync(file, JSON.stringify(source));
  const [program, ...args] = onCore(core, ['chrt', '--idle', '0', process.execPath, PROGRAM, file]);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async measure(loop) {
      child.stdin.write(`${JSON.stringify(loop)}\n`);
      const { value, done } = await answers.next();
      if (done === true) throw new Error('the open loop ended');
      const { sent, wrong, ...latency } = JSON.parse(value) as OpenLoopResult;
      if (wrong > 0) throw new Error(`${wrong} of ${sent} answers at a fixed rate were not ${loop.status}`);
      return latency;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
