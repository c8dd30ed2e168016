/**
 * Clients, keys, revocations and used assertions in tables. What changes any but
 * the last counts up `changes` in the same transaction, which is how others learn
 * of it. Arguments and results are plain values: SQLite's cross a thread.
 */
import { numberOf, type Sql, type SqlRow, type Statements, textOf } from './sql.ts';
import type { StoredClient, StoredKey, StoredRevocation } from './store.ts';

export function createTables(sql: Sql) {
  /** What `change` returns rows for is counted as a change; without rows nothing was. */
  function changing(change: (statements: Statements) => Promise<readonly SqlRow[]>): Promise<number> {
    return sql.transaction(async (statements) => {
      const { length } = await change(statements);
      if (length > 0) await statements.query("UPDATE gatehouse_counters SET value = value + 1 WHERE name = 'changes'");
      return length;
    });
  }

  return {
    async clients(): Promise<readonly StoredClient[]> {
      const rows = await sql.query('SELECT body FROM gatehouse_clients ORDER BY created_at, id');
      return rows.map((row) => clientFrom(textOf(row, 'body')));
    },

    async addClient(client: StoredClient): Promise<boolean> {
      const values = [client.id, client.name, client.createdAt, JSON.stringify(client)];
      const added = await changing(({ query }) =>
        query('INSERT INTO gatehouse_clients VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id', values),
      );
      return added > 0;
    },

    /** The text that `replaceClient` wants to find unchanged. */
    async clientText(id: string): Promise<string | undefined> {
      const [row] = await sql.query('SELECT body FROM gatehouse_clients WHERE id = ?', [id]);
      return row && textOf(row, 'body');
    },

    async replaceClient(id: string, from: string, to: StoredClient): Promise<boolean> {
      const values = [to.name, JSON.stringify(to), id, from];
      const replaced = await changing(({ query }) =>
        query('UPDATE gatehouse_clients SET name = ?, body = ? WHERE id = ? AND body = ? RETURNING id', values),
      );
      return replaced > 0;
    },

    async deleteClient(id: string): Promise<boolean> {
      const gone = await changing(({ query }) =>
        query('DELETE FROM gatehouse_clients WHERE id = ? RETURNING id', [id]),
      );
      return gone > 0;
    },

    async keysText(): Promise<string> {
      const [row] = await sql.query('SELECT body FROM gatehouse_keys');
      return textOf(row!, 'body');
    },

    async replaceKeys(from: string, to: readonly StoredKey[]): Promise<boolean> {
      const replaced = await changing(({ query }) =>
        query('UPDATE gatehouse_keys SET body = ? WHERE body = ? RETURNING one', [JSON.stringify(to), from]),
      );
      return replaced > 0;
    },

    async revocations(): Promise<readonly StoredRevocation[]> {
      const rows = await sql.query('SELECT body FROM gatehouse_revocations ORDER BY created_at, id');
      return rows.map((row) => JSON.parse(textOf(row, 'body')) as StoredRevocation);
    },

    async addRevocation(revocation: StoredRevocation): Promise<void> {
      const values = [revocation.id, revocation.createdAt, revocation.expiresAt, JSON.stringify(revocation)];
      await changing(({ query }) =>
        query('INSERT INTO gatehouse_revocations VALUES (?, ?, ?, ?) RETURNING id', values),
      );
    },

    trimRevocations(now: number): Promise<number> {
      return changing(({ query }) =>
        query('DELETE FROM gatehouse_revocations WHERE expires_at < ? RETURNING id', [now]),
      );
    },

    async version(): Promise<number> {
      const [row] = await sql.query("SELECT value FROM gatehouse_counters WHERE name = 'changes'");
      return numberOf(row!, 'value');
    },

    async useAssertion(client: string, jti: string, expiresAt: number): Promise<boolean> {
      const values = [client, jti, expiresAt];
      const rows = await sql.transaction(({ query }) =>
        query('INSERT INTO gatehouse_assertions VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING jti', values),
      );
      return rows.length > 0;
    },

    async trimAssertions(now: number): Promise<number> {
      const rows = await sql.transaction(({ query }) =>
        query('DELETE FROM gatehouse_assertions WHERE expires_at < ? RETURNING jti', [now]),
      );
      return rows.length;
    },
  };
}

/** JSON leaves out what is `undefined`. */
export function clientFrom(text: string): StoredClient {
  const client = JSON.parse(text) as StoredClient;
  return {
    ...client,
    secrets: client.secrets.map((secret) => ({ ...secret, expiresAt: secret.expiresAt })),
    jwks: client.jwks,
    tokenTtlMs: client.tokenTtlMs,
  };
}

export function keysFrom(text: string): readonly StoredKey[] {
  return (JSON.parse(text) as StoredKey[]).map((key) => ({
    ...key,
    signsUntil: key.signsUntil,
    publishedUntil: key.publishedUntil,
  }));
}
