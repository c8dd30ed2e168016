/**
 * The trail in tables. Batches are stored one after another (each locks a row
 * first), so that positions grow in the order they become visible and a reader
 * who follows misses none. Reading goes by pages and deleting by small
 * transactions: neither keeps a batch waiting for long.
 */
import { numberOf, optionalText, type Sql, type SqlRow, type SqlValue, textOf } from './sql.ts';
import type { PlacedRecord, TrailChain, TrailGroup, TrailLink, TrailQuery, TrailRecord } from './store.ts';
import { conditionOf, recordFrom, scopesFrom, TRAIL_COLUMNS, type TrailRow } from './trail-rows.ts';

export const PAGE = 1000;
const NO_HASH = '0'.repeat(64);
const INTO = `INSERT INTO gatehouse_trail (${TRAIL_COLUMNS})`;

export function createTrailTables(sql: Sql) {
  async function first(text: string, values: readonly SqlValue[]): Promise<SqlRow | undefined> {
    return (await sql.query(text, values))[0];
  }

  return {
    /** Rows of `rowOf`: a thread is handed them in half the time of the records. */
    async appendRows(rows: readonly TrailRow[]): Promise<void> {
      const lasts = new Map(rows.map((row) => [row[0], row]));
      await sql.transaction(async ({ query, insert }) => {
        await query("UPDATE gatehouse_counters SET value = value + 1 WHERE name = 'batches'");
        await insert(INTO, rows, 'ON CONFLICT (writer, sequence) DO NOTHING');
        for (const [writer, sequence, hash] of lasts.values()) {
          await query(
            `INSERT INTO gatehouse_writers VALUES (?, 0, '${NO_HASH}', ?, ?) ON CONFLICT (writer) DO UPDATE
             SET last_sequence = excluded.last_sequence, last_hash = excluded.last_hash
             WHERE gatehouse_writers.last_sequence < excluded.last_sequence`,
            [writer, sequence, hash],
          );
        }
      });
    },

    async lastOf(writer: string): Promise<TrailRecord | undefined> {
      const row = await first('SELECT * FROM gatehouse_trail WHERE writer = ? ORDER BY sequence DESC LIMIT 1', [
        writer,
      ]);
      if (row === undefined) return undefined;
      const { position: _, ...record } = recordFrom(row);
      return record;
    },

    /** The position behind which all that `query` asks for stands: found once, as every page would look for it again. */
    async trailStart({ limit, ...query }: TrailQuery): Promise<number> {
      let after = query.after ?? 0;
      if (query.since !== undefined) {
        // The `+` makes it look through the times from there on instead of all records up to there.
        const row = await first('SELECT min(+position) AS position FROM gatehouse_trail WHERE at >= ?', [query.since]);
        after = Math.max(after, row?.position === null ? Number.MAX_SAFE_INTEGER : numberOf(row!, 'position') - 1);
      }
      if (limit === undefined) return after;
      const { sql: condition, values } = conditionOf({ ...query, after }, '+at');
      const row = await first(
        `SELECT position FROM gatehouse_trail WHERE ${condition} ORDER BY position DESC LIMIT 1 OFFSET ?`,
        [...values, Math.max(limit - 1, 0)],
      );
      return row === undefined ? after : numberOf(row, 'position') - 1;
    },

    async trailPage(query: TrailQuery): Promise<readonly PlacedRecord[]> {
      const { sql: condition, values } = conditionOf(query, '+at');
      const rows = await sql.query(
        `SELECT * FROM gatehouse_trail WHERE ${condition} ORDER BY position LIMIT ${PAGE}`,
        values,
      );
      return rows.map(recordFrom);
    },

    async trailGroups(query: TrailQuery): Promise<readonly TrailGroup[]> {
      const { sql: condition, values } = conditionOf(query, 'at');
      const rows = await sql.query(
        `SELECT issuer, client, route, upstream, scopes, refusal,
           CASE WHEN refusal IS NULL THEN NULL ELSE detail END AS why,
           count(*) AS calls, sum(CASE WHEN status >= 500 THEN 1 ELSE 0 END) AS failed, max(at) AS last_at
         FROM gatehouse_trail WHERE ${condition} GROUP BY 1, 2, 3, 4, 5, 6, 7`,
        values,
      );
      return rows.map((row) => ({
        issuer: optionalText(row.issuer),
        client: optionalText(row.client),
        route: optionalText(row.route),
        upstream: optionalText(row.upstream),
        scopes: scopesFrom(row.scopes) ?? [],
        refusal: optionalText(row.refusal),
        detail: optionalText(row.why),
        calls: numberOf(row, 'calls'),
        failed: numberOf(row, 'failed'),
        lastAt: numberOf(row, 'last_at'),
      }));
    },

    async trailChains(): Promise<ReadonlyMap<string, TrailChain>> {
      const rows = await sql.query('SELECT * FROM gatehouse_writers ORDER BY writer');
      return new Map(
        rows.map((row) => [textOf(row, 'writer'), { before: linkOf(row, 'before'), last: linkOf(row, 'last') }]),
      );
    },

    /** The position of the first of the newest `most` records. Chains have no gaps, so nothing need be counted. */
    async trailCut(most: number): Promise<number> {
      const sum = await first('SELECT sum(last_sequence - before_sequence) AS records FROM gatehouse_writers', []);
      const beyond = numberOf(sum!, 'records') - most;
      if (beyond <= 0) return 0;
      const row = await first('SELECT position FROM gatehouse_trail ORDER BY position LIMIT 1 OFFSET ?', [beyond]);
      return row === undefined ? 0 : numberOf(row, 'position');
    },

    /** Deletes from the start of a chain, never from its middle, and never its end. Zero: there is nothing left to delete. */
    trimChain(writer: string, before: number, cut: number): Promise<number> {
      return sql.transaction(async ({ query }) => {
        const rows = await query(
          `SELECT sequence, hash, at, position FROM gatehouse_trail
           WHERE writer = ? AND sequence < (SELECT last_sequence FROM gatehouse_writers w WHERE w.writer = ?)
           ORDER BY sequence LIMIT ${PAGE}`,
          [writer, writer],
        );
        const stays = rows.findIndex((row) => numberOf(row, 'at') >= before && numberOf(row, 'position') >= cut);
        const last = rows[(stays === -1 ? rows.length : stays) - 1];
        if (last === undefined) return 0;
        const sequence = numberOf(last, 'sequence');
        await query(
          'UPDATE gatehouse_writers SET before_sequence = ?, before_hash = ? WHERE writer = ? AND before_sequence < ?',
          [sequence, textOf(last, 'hash'), writer, sequence],
        );
        await query('DELETE FROM gatehouse_trail WHERE writer = ? AND sequence <= ?', [writer, sequence]);
        return stays === -1 ? rows.length : stays;
      });
    },
  };
}

function linkOf(row: SqlRow, which: 'before' | 'last'): TrailLink {
  return { sequence: numberOf(row, `${which}_sequence`), hash: textOf(row, `${which}_hash`) };
}
