/** A service that costs next to nothing: the same answer to every read that ends a head. In a thread of its own. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const ANSWER = 'HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\nContent-Length: 2\r\n\r\nok';

/** Resolves with its port. */
export async function startStatic(): Promise<{ readonly port: number; stop(): Promise<number> }> {
  const worker = new Worker(new URL(import.meta.url));
  const [port] = (await once(worker, 'message')) as [number];
  return { port, stop: () => worker.terminate() };
}

if (!isMainThread) {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => void socket.write(ANSWER, 'latin1'));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
}
