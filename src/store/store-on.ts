/**
 * A store on tables. What a caller's function decides is decided here and put in
 * place only if nothing changed meanwhile: that is one transaction to everybody
 * else, and no lock is held while the function thinks.
 */
import type { Store } from './store.ts';
import { clientFrom, type createTables, keysFrom } from './tables.ts';
import { rowOf } from './trail-rows.ts';
import { type createTrailTables, PAGE } from './trail-tables.ts';

export type Tables = ReturnType<typeof createTables>;
export type TrailTables = ReturnType<typeof createTrailTables>;

export function storeOn(tables: Tables, trail: TrailTables, close: () => Promise<void>): Store {
  const { clients, addClient, clientText, replaceClient, deleteClient, keysText, replaceKeys } = tables;
  const { revocations, addRevocation, trimRevocations, version, useAssertion, trimAssertions } = tables;
  const { appendRows, lastOf, trailChains, trailGroups } = trail;
  return {
    clients,
    addClient,
    deleteClient,
    async changeClient(id, change) {
      for (;;) {
        const text = await clientText(id);
        if (text === undefined) return undefined;
        const changed = { ...change(clientFrom(text)), id };
        if (await replaceClient(id, text, changed)) return changed;
      }
    },

    keys: async () => keysFrom(await keysText()),
    async changeKeys(change) {
      for (;;) {
        const text = await keysText();
        const changed = change(keysFrom(text));
        if (await replaceKeys(text, changed)) return changed;
      }
    },

    revocations,
    addRevocation,
    trimRevocations,
    version,
    useAssertion,
    trimAssertions,

    appendTrail: (records) => appendRows(records.map(rowOf)),
    lastOf,
    trailChains,
    trailGroups,
    async *trail({ limit, ...query }) {
      let after = await trail.trailStart({ ...query, ...(limit !== undefined && { limit }) });
      for (;;) {
        const page = await trail.trailPage({ ...query, after });
        yield* page;
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return;
        after = last.position;
      }
    },
    async trimTrail(before, most) {
      const cut = await trail.trailCut(most);
      let total = 0;
      for (const [writer, { before: gone, last }] of await trailChains()) {
        if (last.sequence - gone.sequence <= 1) continue;
        let deleted: number;
        do total += deleted = await trail.trimChain(writer, before, cut);
        while (deleted === PAGE);
      }
      return total;
    },
    close,
  };
}
