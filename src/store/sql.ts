/**
 * What the tables need of a database, so that they are written once for both. A
 * statement has `?` where a value goes, never a value in its text. Every call
 * rejects with `StoreUnavailable` when the database cannot be had.
 */
export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface Statements {
  /** What changes rows ends in `RETURNING` where it matters how many. */
  query(sql: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** `INSERT INTO … VALUES` for each of `rows`, all of the same length, and `end` after it. */
  insert(into: string, rows: readonly (readonly SqlValue[])[], end: string): Promise<void>;
}

export interface Sql extends Statements {
  /** All or nothing; durable when it is fulfilled. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
}

/** A column that numbers rows in the order they come, and what keeps two processes from migrating at once where `BEGIN` does not. */
export interface Dialect {
  readonly position: string;
  readonly lock: string | undefined;
}

/** The text of a column that is never null. */
export function textOf(row: SqlRow, column: string): string {
  return String(row[column]);
}

export function numberOf(row: SqlRow, column: string): number {
  return Number(row[column]);
}

export function optionalText(value: SqlValue | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}
