/**
 * The store in PostgreSQL, for many machines. A small pool; every statement and
 * every wait for a connection has a time limit, and what is cut off by one, or by
 * a database that went away, is `StoreUnavailable`. Connections are made anew
 * when it is back. TLS as the URL says (`sslmode=verify-full`).
 */
import pg from 'pg';
import { migrate } from './schema.ts';
import type { Dialect, Sql, SqlRow, SqlValue, Statements } from './sql.ts';
import { type Store, type StoreOptions, StoreUnavailable } from './store.ts';
import { storeOn, type Tables, type TrailTables } from './store-on.ts';
import { createTables } from './tables.ts';
import { createTrailTables } from './trail-tables.ts';

const MOST_CONNECTIONS = 4;
const CONNECT_MS = 3000;
/** Of a page or a small transaction; reading the whole trail is many of them. */
const STATEMENT_MS = 15_000;
/** The answer to a statement that the server has given up is late by this much at most. */
const LATE_MS = 1000;
/** The protocol counts the values of a statement in 16 bits. */
const MOST_VALUES = 60_000;

const POSTGRES: Dialect = {
  position: 'position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  lock: 'SELECT pg_advisory_xact_lock(5147201936)',
};

/** Numbers of 64 bits come as text otherwise; none of ours is that large. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

export function createPostgresStore(url: string, { patienceMs = STATEMENT_MS }: StoreOptions): Store {
  const pool = new pg.Pool({
    connectionString: url,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: Math.min(CONNECT_MS, patienceMs),
    statement_timeout: patienceMs,
    query_timeout: patienceMs + LATE_MS,
    idle_in_transaction_session_timeout: patienceMs,
    keepAlive: true,
    application_name: 'gatehouse',
    types,
  });
  // Of connections that nobody uses: the next call finds out by itself.
  pool.on('error', () => {});
  const sql = sqlOf(pool);
  const underWay = new Set<Promise<unknown>>();
  let migrating: Promise<void> | undefined;

  function migrated(): Promise<void> {
    migrating ??= migrate(sql, POSTGRES).catch((error: unknown) => {
      migrating = undefined;
      throw error;
    });
    return migrating;
  }

  /** Operations that first see to it that the tables are there. */
  function prepared<Operations extends object>(operations: Operations): Operations {
    const entries = Object.entries(operations as Record<string, (...args: unknown[]) => Promise<unknown>>);
    return Object.fromEntries(
      entries.map(([name, operation]) => [
        name,
        (...args: unknown[]) => {
          const call = migrated().then(() => operation(...args));
          underWay.add(call);
          const forget = (): void => void underWay.delete(call);
          call.then(forget, forget);
          return call;
        },
      ]),
    ) as Operations;
  }

  return storeOn(prepared<Tables>(createTables(sql)), prepared<TrailTables>(createTrailTables(sql)), async () => {
    await Promise.allSettled(underWay);
    if (!pool.ending) await pool.end();
  });
}

function sqlOf(pool: pg.Pool): Sql {
  return {
    ...statementsOn((text, values) => pool.query(text, values)),
    async transaction(work) {
      const client = await translated(() => pool.connect());
      // A connection that is lost between two statements says so here as well as to the next one.
      client.on('error', ignore);
      let broken = true;
      try {
        const statements = statementsOn((text, values) => client.query(text, values));
        await statements.query('BEGIN');
        const result = await work(statements);
        await statements.query('COMMIT');
        broken = false;
        return result;
      } catch (error) {
        broken = await client.query('ROLLBACK').then(
          () => false,
          () => true,
        );
        throw error;
      } finally {
        client.off('error', ignore);
        client.release(broken);
      }
    },
  };
}

function ignore(): void {}

type Run = (text: string, values: unknown[]) => Promise<pg.QueryResult>;

function statementsOn(run: Run): Statements {
  async function query(text: string, values: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    let count = 0;
    const numbered = text.replaceAll('?', () => `$${++count}`);
    return (await translated(() => run(numbered, [...values]))).rows as SqlRow[];
  }

  return {
    query,
    async insert(into, rows, end) {
      const width = rows[0]?.length ?? 1;
      const most = Math.floor(MOST_VALUES / width);
      const places = `(${Array.from({ length: width }, () => '?').join(', ')})`;
      for (let at = 0; at < rows.length; at += most) {
        const some = rows.slice(at, at + most);
        await query(`${into} VALUES ${some.map(() => places).join(', ')} ${end}`, some.flat());
      }
    },
  };
}

/**
 * By class of SQLSTATE: connection, no such role, no such database, no resources
 * (the disk is full), by an operator (shutdown, time limit); rolled back for another,
 * lock not to be had, read-only as a standby is.
 */
const UNAVAILABLE = /^(?:08|28|3D|53|57|58|40|55P03|25006)/;

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || !(error instanceof Error)) throw error;
    if (error instanceof pg.DatabaseError && !UNAVAILABLE.test(error.code ?? '')) throw error;
    // Several addresses that failed are one error without a text. The URL, and its password, is in none.
    const why = error instanceof AggregateError ? error.errors.map(String).join('; ') : error.message;
    throw new StoreUnavailable(`PostgreSQL: ${why}`);
  }
}
