/**
 * One SQLite file as `Sql`. Every call blocks until the disk has answered, or
 * another process has let go of the file: for a thread of its own. WAL lets
 * readers go on while one writes; `synchronous=FULL` makes what was committed
 * survive the power as well as `kill -9`.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Dialect, Sql, SqlRow, SqlValue, Statements } from './sql.ts';
import { StoreUnavailable, StoreUnusable } from './store.ts';

export const SQLITE: Dialect = { position: 'position INTEGER PRIMARY KEY AUTOINCREMENT', lock: undefined };

/** Primary result codes. */
const BUSY = 5;
const FULL = 13;
const NO_DATABASE = 26;
/** Also: no memory, read-only, I/O error, corrupt, cannot open, locking protocol. */
const UNAVAILABLE = new Set([BUSY, 6, 7, 8, 10, 11, FULL, 14, 15]);
const MOST_STATEMENTS = 100;

export interface SqliteFile extends Sql {
  close(): void;
}

/** Throws `StoreUnavailable` or `StoreUnusable`. */
export function openSqliteFile(path: string, busyMs: number): SqliteFile {
  const database = translated(path, () => open(path, busyMs));
  const prepared = new Map<string, StatementSync>();

  function prepare(sql: string): StatementSync {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      if (prepared.size >= MOST_STATEMENTS) prepared.clear();
      prepared.set(sql, (statement = database.prepare(sql)));
    }
    return statement;
  }

  const statements: Statements = {
    query: async (sql, values = []) => translated(path, () => prepare(sql).all(...values) as SqlRow[]),
    insert: async (into, rows, end) => translated(path, () => insertAll(into, rows, end)),
  };

  function insertAll(into: string, rows: readonly (readonly SqlValue[])[], end: string): void {
    const [first] = rows;
    if (first === undefined) return;
    const statement = prepare(`${into} VALUES (${first.map(() => '?').join(', ')}) ${end}`);
    for (const row of rows) statement.run(...row);
  }

  return {
    ...statements,
    async transaction(work) {
      translated(path, () => database.exec('BEGIN IMMEDIATE'));
      try {
        const result = await work(statements);
        translated(path, () => database.exec('COMMIT'));
        return result;
      } catch (error) {
        // A full disk rolls back by itself.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}

function open(path: string, busyMs: number): DatabaseSync {
  // The signing keys are in it. SQLite gives the files beside it the same mode.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: busyMs });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function translated<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    if (error.code !== 'ERR_SQLITE_ERROR') {
      // Of the file itself: no folder, no permission.
      if ('syscall' in error) throw new StoreUnavailable(`${path}: ${error.message}`);
      throw error;
    }
    const code = (error as unknown as { readonly errcode: number }).errcode & 0xff;
    if (code === NO_DATABASE) throw new StoreUnusable(`${path} is not a SQLite database`);
    if (UNAVAILABLE.has(code)) throw new StoreUnavailable(`${path}: ${error.message}`);
    throw error;
  }
}
