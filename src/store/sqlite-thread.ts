/**
 * The thread in which a SQLite file is read and written, one call after another.
 * A file that could not be opened, or failed, is opened anew with the next call; but
 * only the one of the first time: another, or an empty one in the place of a file
 * that was deleted, knows of no revocation.
 */
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { migrate } from './schema.ts';
import { openSqliteFile, SQLITE, type SqliteFile } from './sqlite-file.ts';
import { StoreUnavailable } from './store.ts';
import { createTables } from './tables.ts';
import { createTrailTables } from './trail-tables.ts';

export interface ThreadData {
  readonly path: string;
  readonly busyMs: number;
  /** Device and inode of the file as it was first opened, by whichever thread; inode 0 before that. */
  readonly first: BigInt64Array;
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

const { path, busyMs, first } = workerData as ThreadData;
let file: SqliteFile | undefined;
let operations: Readonly<Record<string, Operation>> = {};

async function opened(): Promise<typeof operations> {
  if (file !== undefined) return operations;
  checkStanding();
  const opening = openSqliteFile(path, busyMs);
  try {
    await migrate(opening, SQLITE);
  } catch (error) {
    opening.close();
    throw error;
  }
  operations = { ...createTables(opening), ...createTrailTables(opening) } as unknown as typeof operations;
  file = opening;
  remember();
  return operations;
}

/** Device and inode of what stands at the path now. */
function standing(): readonly [device: bigint, inode: bigint] | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && [BigInt.asIntN(64, found.dev), BigInt.asIntN(64, found.ino)];
}

function remember(): void {
  const found = standing();
  if (first[1] === 0n && found !== undefined) [first[0], first[1]] = found;
}

function checkStanding(): void {
  if (first[1] === 0n) return;
  const found = standing();
  if (found !== undefined && found[0] === first[0] && found[1] === first[1]) return;
  throw new StoreUnavailable(`${path} was deleted or replaced; put back the file that was there, or restart`);
}

async function answer({ id, name, args }: Call): Promise<Answer> {
  try {
    const value = await (await opened())[name]!(...args);
    // Behind it: what went into a file that is gone is not acknowledged.
    checkStanding();
    return { id, value };
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
