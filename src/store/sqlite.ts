/**
 * The store in a SQLite file, for one machine: the gateway and the commands open
 * it side by side. Two threads, begun when they are first needed: writing the
 * trail, or reading years of it, keeps no token waiting. Neither ever blocks the
 * event loop, however slow the disk.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Answer, Call, ThreadData } from './sqlite-thread.ts';
import { type Store, type StoreOptions, StoreUnavailable, StoreUnusable } from './store.ts';
import { storeOn, type Tables, type TrailTables } from './store-on.ts';

/** The thread's file has the ending that this one has: types are stripped, or were when it was published. */
const THREAD = new URL(`./sqlite-thread${import.meta.url.slice(-3)}`, import.meta.url);
/** Long enough for any batch of another process. */
const BUSY_MS = 5000;

export function createSqliteStore(path: string, { patienceMs = BUSY_MS }: StoreOptions): Store {
  const first = new BigInt64Array(new SharedArrayBuffer(16));
  const tables = createThread({ path, busyMs: patienceMs, first });
  const trail = createThread({ path, busyMs: patienceMs, first });
  return storeOn(proxyOf<Tables>(tables), proxyOf<TrailTables>(trail), async () => {
    // One after the other, so that one is the last and leaves no journal behind.
    await tables.close();
    await trail.close();
  });
}

interface Thread {
  call(name: string, args: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Keeps the process alive only while a call is under way. A thread that died is replaced with the next call. */
function createThread(workerData: ThreadData): Thread {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let lastId = 0;

  function start(): Worker {
    // On some versions of Node `node:sqlite` calls itself experimental; nothing else in that thread is.
    const started = new Worker(THREAD, { workerData, execArgv: ['--disable-warning=ExperimentalWarning'] });
    let why = 'its thread has ended';
    started.on('message', (answer: Answer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) started.unref();
      if ('fault' in answer) asked?.reject(errorFrom(answer.fault));
      else asked?.resolve(answer.value);
    });
    started.on('error', (error) => (why = String(error)));
    started.on('exit', () => {
      worker = undefined;
      for (const { reject } of waiting.values()) reject(new StoreUnavailable(`${workerData.path}: ${why}`));
      waiting.clear();
    });
    return started;
  }

  return {
    call(name, args) {
      worker ??= start();
      const call: Call = { id: ++lastId, name, args };
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      waiting.set(call.id, { resolve, reject });
      worker.ref();
      worker.postMessage(call);
      return promise;
    },
    async close() {
      if (worker === undefined) return;
      const ended = once(worker, 'exit');
      worker.ref();
      worker.postMessage('close');
      await ended;
    },
  };
}

/** Operations that are calls of a thread, by their names. */
function proxyOf<Operations extends object>({ call }: Thread): Operations {
  const known = new Map<string, unknown>();
  return new Proxy({} as Operations, {
    get(_, name: string) {
      let operation = known.get(name);
      if (operation === undefined) known.set(name, (operation = (...args: unknown[]) => call(name, args)));
      return operation;
    },
  });
}

function errorFrom({ name, message }: { readonly name: string; readonly message: string }): Error {
  if (name === 'StoreUnavailable') return new StoreUnavailable(message);
  if (name === 'StoreUnusable') return new StoreUnusable(message);
  return new Error(message);
}
