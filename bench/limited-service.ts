/** A service that can do only so much at once; more waits in it, as in a pool of threads. On a thread of its own. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export const AT_ONCE = 20;
export const EACH_MS = 10;
const REPLY = 'HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok';

/** `never`: nothing is ever answered. */
export async function startLimited(never: boolean): Promise<{ readonly port: number; stop(): Promise<number> }> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { never } });
  const [port] = (await once(worker, 'message')) as [number];
  return { port, stop: () => worker.terminate() };
}

function serve(never: boolean): void {
  const queue: (() => void)[] = [];
  let inside = 0;
  function next(): void {
    if (inside === AT_ONCE) return;
    const answer = queue.shift();
    if (answer === undefined) return;
    inside++;
    setTimeout(() => {
      inside--;
      answer();
      next();
    }, EACH_MS);
  }
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      if (never) return;
      queue.push(() => socket.write(REPLY));
      next();
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
}

if (!isMainThread) serve((workerData as { never: boolean }).never);
