/**
 * The tables, and how an older file or database becomes what this program reads.
 * A migration is never changed once it was released: a later one follows it. All
 * that are missing run in one transaction, behind a lock.
 */
import { type Dialect, numberOf, type Sql } from './sql.ts';
import { StoreUnusable } from './store.ts';

/** Statements, by the version they lead to less one. */
const MIGRATIONS: readonly ((dialect: Dialect) => readonly string[])[] = [
  ({ position }) => [
    // Rows to be locked as much as counters: a change of clients, keys or revocations counts `changes`, a batch of the trail `batches`.
    'CREATE TABLE gatehouse_counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)',
    "INSERT INTO gatehouse_counters VALUES ('changes', 0), ('batches', 0)",
    'CREATE TABLE gatehouse_clients (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at BIGINT NOT NULL, body TEXT NOT NULL)',
    'CREATE TABLE gatehouse_keys (one BIGINT PRIMARY KEY, body TEXT NOT NULL)',
    "INSERT INTO gatehouse_keys VALUES (1, '[]')",
    'CREATE TABLE gatehouse_revocations (id TEXT PRIMARY KEY, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, body TEXT NOT NULL)',
    'CREATE TABLE gatehouse_assertions (client TEXT NOT NULL, jti TEXT NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (client, jti))',
    'CREATE INDEX gatehouse_assertions_expiry ON gatehouse_assertions (expires_at)',
    `CREATE TABLE gatehouse_trail (
      ${position}, writer TEXT NOT NULL, sequence BIGINT NOT NULL, hash TEXT NOT NULL,
      at BIGINT NOT NULL, kind TEXT NOT NULL, client TEXT, subject TEXT, jti TEXT, issuer TEXT, scopes TEXT,
      route TEXT, method TEXT, upstream TEXT, status BIGINT, refusal TEXT, duration_ms DOUBLE PRECISION,
      request_id TEXT, traceparent TEXT, done_by TEXT, detail TEXT, UNIQUE (writer, sequence))`,
    'CREATE INDEX gatehouse_trail_at ON gatehouse_trail (at, position)',
    'CREATE INDEX gatehouse_trail_client ON gatehouse_trail (client, position)',
    'CREATE INDEX gatehouse_trail_route ON gatehouse_trail (route, position)',
    'CREATE INDEX gatehouse_trail_refusal ON gatehouse_trail (refusal, position) WHERE refusal IS NOT NULL',
    `CREATE TABLE gatehouse_writers (
      writer TEXT PRIMARY KEY, before_sequence BIGINT NOT NULL, before_hash TEXT NOT NULL,
      last_sequence BIGINT NOT NULL, last_hash TEXT NOT NULL)`,
  ],
];

/** Rejects with `StoreUnusable` when a newer program was here. */
export function migrate(sql: Sql, dialect: Dialect): Promise<void> {
  return sql.transaction(async ({ query }) => {
    if (dialect.lock !== undefined) await query(dialect.lock);
    await query('CREATE TABLE IF NOT EXISTS gatehouse_schema (version BIGINT NOT NULL)');
    const [row] = await query('SELECT version FROM gatehouse_schema');
    const version = row === undefined ? 0 : numberOf(row, 'version');
    if (version > MIGRATIONS.length) {
      throw new StoreUnusable(
        `the store has schema version ${version}, this program knows ${MIGRATIONS.length}; run the newer gatehouse that made it`,
      );
    }
    if (version === MIGRATIONS.length) return;
    for (const migration of MIGRATIONS.slice(version)) {
      for (const statement of migration(dialect)) await query(statement);
    }
    await query('DELETE FROM gatehouse_schema');
    await query('INSERT INTO gatehouse_schema VALUES (?)', [MIGRATIONS.length]);
  });
}
