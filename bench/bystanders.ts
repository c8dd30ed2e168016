/**
 * The two that have nothing to do with a storm: a service, and a caller with
 * good manners who calls again and again over one connection until it is told to
 * stop, and then tells how long each reply took. Each has a thread of its own,
 * so that nobody else's work shows in its times.
 */
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const ASK = 'GET /witness HTTP/1.1\r\nHost: a\r\n\r\n';
const PAUSE_MS = 2;
const LARGE = 8 * 1024 * 1024;

const start = (role: Role) => new Worker(new URL(import.meta.url), { workerData: role });

interface Role {
  /** Of the gateway, for the caller; absent for the service. */
  readonly port?: number;
}

/** Answers `/large` with 8 MiB and all else with two bytes. Resolves with its port. */
export async function startService(): Promise<{ readonly port: number; stop(): Promise<number> }> {
  const worker = start({});
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { port, stop: () => worker.terminate() };
}

/** Begins to call; returns how to stop, which answers with the times in milliseconds. */
export function startWitness(port: number): () => Promise<number[]> {
  const worker = start({ port });
  const told = new Promise<number[]>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  told.catch(() => {});
  return () => {
    worker.postMessage('stop');
    return told;
  };
}

function serve(): void {
  const large = Buffer.alloc(LARGE, 'x');
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(request.url === '/large' ? large : 'ok'));
  });
  server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
}

function call(port: number): void {
  const times: number[] = [];
  let stopped = false;
  let askedAt = 0;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const ask = () => {
    if (stopped) {
      parentPort!.postMessage(times);
      parentPort!.close();
      socket.end();
      return;
    }
    askedAt = performance.now();
    socket.write(ASK);
  };
  socket.on('connect', ask);
  socket.on('data', (bytes) => {
    if (!bytes.includes(' 200 ')) throw new Error(`the witness was answered ${String(bytes.subarray(0, 40))}`);
    times.push(performance.now() - askedAt);
    setTimeout(ask, PAUSE_MS);
  });
  socket.on('close', () => {
    if (!stopped) throw new Error('the witness was cut off');
  });
  parentPort!.on('message', () => (stopped = true));
}

if (!isMainThread) {
  const { port } = workerData as Role;
  if (port === undefined) serve();
  else call(port);
}
