/** The store that a configuration names: `sqlite:PATH`, or `postgres://…`, whose driver is loaded only then. */
import { createSqliteStore } from './sqlite.ts';
import { type Store, type StoreOptions, StoreUnusable } from './store.ts';

/** Opens nothing yet: the first call does, and each call tries anew after one that failed. */
export async function openStore(text: string, options: StoreOptions = {}): Promise<Store> {
  if (text.startsWith('sqlite:')) return createSqliteStore(text.slice('sqlite:'.length), options);
  if (/^postgres(?:ql)?:\/\//.test(text)) {
    const { createPostgresStore } = await import('./postgres.ts').catch(explain);
    return createPostgresStore(text, options);
  }
  throw new StoreUnusable('the store is written `sqlite:PATH` or `postgres://…`');
}

/** The driver is brought only by whoever needs it. */
function explain(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
  throw new StoreUnusable('a store in PostgreSQL needs its driver: npm install pg');
}
