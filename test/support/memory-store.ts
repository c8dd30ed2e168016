/**
 * A store without a file, for tests of what stands on one. Goes away and comes
 * back on request. Two servers on one are two processes.
 */
import {
  type PlacedRecord,
  type Store,
  StoreUnavailable,
  type StoredClient,
  type StoredKey,
  type StoredRevocation,
  type TrailQuery,
} from '../../src/store/store.ts';

export interface MemoryStore extends Store {
  /** What every call says while it is away. */
  away: boolean;
  /** How often each method was called. */
  readonly calls: Map<string, number>;
}

export function createMemoryStore(): MemoryStore {
  let clients: readonly StoredClient[] = [];
  let keys: readonly StoredKey[] = [];
  let revocations: readonly StoredRevocation[] = [];
  let records: readonly PlacedRecord[] = [];
  let version = 1;
  let position = 0;
  const assertions = new Map<string, number>();
  const calls = new Map<string, number>();

  async function at<T>(name: string, run: () => T): Promise<T> {
    calls.set(name, (calls.get(name) ?? 0) + 1);
    // Later, as with a real one: whoever forgets to wait is found out.
    await Promise.resolve();
    if (store.away) throw new StoreUnavailable('away');
    return run();
  }

  function matching({ kinds, client, since = -Infinity, until = Infinity }: TrailQuery): readonly PlacedRecord[] {
    return records.filter(
      ({ event }) =>
        event.at >= since &&
        event.at <= until &&
        (kinds?.includes(event.kind) ?? true) &&
        (client === undefined || event.client === client),
    );
  }

  const store: MemoryStore = {
    away: false,
    calls,
    clients: () => at('clients', () => clients),
    addClient: (client) =>
      at('addClient', () => {
        if (clients.some(({ id, name }) => id === client.id || name === client.name)) return false;
        clients = [...clients, client];
        version++;
        return true;
      }),
    changeClient: (id, change) =>
      at('changeClient', () => {
        const before = clients.find((client) => client.id === id);
        if (before === undefined) return undefined;
        const after = change(before);
        clients = clients.map((client) => (client === before ? after : client));
        version++;
        return after;
      }),
    deleteClient: (id) =>
      at('deleteClient', () => {
        const kept = clients.filter((client) => client.id !== id);
        const deleted = kept.length < clients.length;
        clients = kept;
        version++;
        return deleted;
      }),
    keys: () => at('keys', () => keys),
    changeKeys: (change) =>
      at('changeKeys', () => {
        keys = change(keys);
        version++;
        return keys;
      }),
    revocations: () => at('revocations', () => revocations),
    addRevocation: (revocation) =>
      at('addRevocation', () => {
        revocations = [...revocations, revocation];
        version++;
      }),
    trimRevocations: (now) =>
      at('trimRevocations', () => {
        const before = revocations.length;
        revocations = revocations.filter(({ expiresAt }) => expiresAt > now);
        return before - revocations.length;
      }),
    version: () => at('version', () => version),
    useAssertion: (client, jti, expiresAt) =>
      at('useAssertion', () => {
        const key = `${client.length}:${client}${jti}`;
        if (assertions.has(key)) return false;
        assertions.set(key, expiresAt);
        return true;
      }),
    trimAssertions: (now) =>
      at('trimAssertions', () => {
        const expired = [...assertions].filter(([, expiresAt]) => expiresAt <= now);
        for (const [key] of expired) assertions.delete(key);
        return expired.length;
      }),
    appendTrail: (more) =>
      at('appendTrail', () => {
        records = [...records, ...more.map((record) => ({ ...record, position: ++position }))];
      }),
    lastOf: (writer) => at('lastOf', () => records.findLast((record) => record.writer === writer)),
    async *trail({ limit = Infinity, ...query }: TrailQuery) {
      yield* await at('trail', () => matching(query).slice(-limit));
    },
    trimTrail: (before) =>
      at('trimTrail', () => {
        const kept = records.filter(({ event }) => event.at >= before);
        const trimmed = records.length - kept.length;
        records = kept;
        return trimmed;
      }),
    trailChains: () =>
      at('trailChains', () => {
        const before = { sequence: 0, hash: '0'.repeat(64) };
        return new Map(records.map(({ writer, sequence, hash }) => [writer, { before, last: { sequence, hash } }]));
      }),
    trailGroups: (query) =>
      at('trailGroups', () =>
        matching(query).map(({ event }) => ({
          issuer: event.issuer,
          client: event.client,
          route: event.route,
          upstream: event.upstream,
          scopes: event.scopes ?? [],
          refusal: event.refusal,
          detail: event.detail,
          calls: 1,
          failed: Number((event.status ?? 0) >= 500),
          lastAt: event.at,
        })),
      ),
    close: () => Promise.resolve(),
  };
  return store;
}
