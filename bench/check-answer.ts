/** Proof, before anything is measured, that a rival gives the very answer the workload is about. */
import { createCaller, type Caller } from './caller.ts';
import { requestsOf, type Traffic } from './traffic.ts';

export interface Probe {
  readonly port: number;
  readonly tls: boolean;
  readonly traffic: Traffic;
  readonly status: number;
}

/** A limit lets the first call through, and keys may be on their way yet. */
const ATTEMPTS = 20;

export async function probe({ port, tls, traffic, status }: Probe): Promise<void> {
  const request = requestsOf(
    { ...traffic, paths: traffic.paths.slice(0, 1), tokens: traffic.tokens.slice(-1) },
    port,
  )[0]!;
  let got = 0;
  for (let attempt = 0; attempt < ATTEMPTS && got !== status; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 100));
    got = await new Promise<number>((resolve) => {
      const answered = (caller: Caller, answer: number): void => {
        caller.end();
        resolve(answer);
      };
      createCaller({ port, tls, close: traffic.close, answered }).send(request);
    });
  }
  if (got !== status) throw new Error(`port ${port} answers ${got || 'nothing'} and not ${status}`);
}
