/** A gateway on a thread of its own, whose CPU time and longest pause can be read for a stretch of time. */
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startGateway } from '../test/support/gateway.ts';

/** `pauses` costs CPU time itself, so each is measured alone. */
export type Measure = 'cpu' | 'pauses';

export interface GatewayThread {
  readonly port: number;
  begin(measure: Measure): Promise<void>;
  /** Microseconds of the gateway's thread (signatures are checked on others), or the longest time in ms in which its event loop did not turn. */
  end(): Promise<number>;
}

export async function startGatewayThread(yaml: string): Promise<GatewayThread> {
  const worker = new Worker(new URL(import.meta.url), { workerData: yaml });
  const answer = async <T>(): Promise<T> => ((await once(worker, 'message')) as [T])[0];
  const port = await answer<number>();
  return {
    port,
    begin(measure) {
      worker.postMessage(measure);
      return answer();
    },
    end() {
      worker.postMessage('end');
      return answer<number>();
    },
  };
}

async function serve(yaml: string): Promise<void> {
  const { port } = await startGateway(yaml);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let before = process.threadCpuUsage();
  let measure: Measure = 'cpu';
  parentPort!.on('message', (what: Measure | 'end') => {
    if (what !== 'end') {
      measure = what;
      if (measure === 'pauses') delay.enable();
      delay.reset();
      before = process.threadCpuUsage();
      parentPort!.postMessage('begun');
      return;
    }
    const { user, system } = process.threadCpuUsage(before);
    delay.disable();
    parentPort!.postMessage(measure === 'cpu' ? user + system : delay.max / 1e6);
  });
  parentPort!.postMessage(port);
}

if (!isMainThread) await serve(workerData as string);
