/**
 * The thread in which a SQLite file is read and written, one call after another.
 * A file that could not be opened, or failed, is opened anew with the next call.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { migrate } from './schema.ts';
import { openSqliteFile, SQLITE, type SqliteFile } from './sqlite-file.ts';
import { createTables } from './tables.ts';
import { createTrailTables } from './trail-tables.ts';

export interface ThreadData {
  readonly path: string;
  readonly busyMs: number;
}

export interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: { readonly name: string; readonly message: string } };

type Operation = (...args: readonly unknown[]) => Promise<unknown>;

const { path, busyMs } = workerData as ThreadData;
let file: SqliteFile | undefined;
let operations: Readonly<Record<string, Operation>> = {};

async function opened(): Promise<typeof operations> {
  if (file !== undefined) return operations;
  const opening = openSqliteFile(path, busyMs);
  try {
    await migrate(opening, SQLITE);
  } catch (error) {
    opening.close();
    throw error;
  }
  operations = { ...createTables(opening), ...createTrailTables(opening) } as unknown as typeof operations;
  file = opening;
  return operations;
}

async function answer({ id, name, args }: Call): Promise<Answer> {
  try {
    return { id, value: await (await opened())[name]!(...args) };
  } catch (error) {
    const { name: kind, message } = error as Error;
    // A disk that failed, or was full, may be another by then.
    if (kind === 'StoreUnavailable' && !message.endsWith('is locked')) close();
    return { id, fault: { name: kind, message } };
  }
}

function close(): void {
  file?.close();
  file = undefined;
}

let last: Promise<void> = Promise.resolve();
parentPort!.on('message', (call: Call | 'close') => {
  last = last.then(async () => {
    if (call !== 'close') return parentPort!.postMessage(await answer(call));
    close();
    parentPort!.close();
  });
});
