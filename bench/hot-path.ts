/**
 * Guards of the hot path: what a request of the small workload allocates, and
 * with a profile where its time goes. A process of its own, so that being
 * watched weighs on no figure of the comparison.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Stand } from './stand.ts';
import type { Probed } from './probe.ts';
import { runWrk } from './wrk.ts';
import { WORKLOADS } from './workloads.ts';

const PROBE = pathToFileURL(fileURLToPath(new URL('probe.ts', import.meta.url))).href;
const WAIT_MS = 30_000;

export interface Watched {
  readonly requests: number;
  readonly allocatedBytes: number;
}

export async function watchGatehouse(stand: Stand, seconds: number, profileFile?: string): Promise<Watched> {
  const file = join(stand.folder, `probe-${Date.now()}.json`);
  const traffic = await stand.prepare(WORKLOADS[0]!);
  const rival = await traffic.start('gatehouse', {
    nodeArgs: ['--import', PROBE],
    env: { BENCH_PROBE: file, ...(profileFile !== undefined && { BENCH_PROFILE: profileFile }) },
  });
  try {
    await runWrk({ ...rival.load, seconds: 2, offset: 0 });
    process.kill(rival.process.pid, 'SIGUSR2');
    const { requests } = await runWrk({ ...rival.load, seconds, offset: 0 });
    process.kill(rival.process.pid, 'SIGUSR2');
    const until = Date.now() + WAIT_MS;
    while (!existsSync(file)) {
      if (Date.now() > until) throw new Error('the gateway did not write what it counted');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { allocatedBytes } = JSON.parse(readFileSync(file, 'utf8')) as Probed;
    return { requests, allocatedBytes: allocatedBytes / requests };
  } finally {
    await rival.process.stop();
  }
}
