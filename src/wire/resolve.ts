/**
 * The addresses of a name, from DNS with their TTL, and failing that from the
 * system: `/etc/hosts`, search domains. IPv6 only where there is no IPv4: on many
 * networks there are addresses of both kinds and a way to one. Off the request
 * path; the system's look-ups take a thread of the pool that signatures are
 * checked in, so there is one of them at a time.
 */
import { lookup, Resolver } from 'node:dns/promises';

export interface Resolved {
  readonly addresses: readonly string[];
  /** Absent where the source knows of none. */
  readonly ttlMs: number | undefined;
}

/** Rejects where nothing can be had. */
export type Resolve = (host: string) => Promise<Resolved>;

const QUERY_MS = 1500;
const TRIES = 2;

/** `servers`: in place of the system's. */
export function createResolver(servers?: readonly string[]): Resolve {
  const resolver = new Resolver({ timeout: QUERY_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  return async (host) => {
    for (const ask of [resolver.resolve4.bind(resolver), resolver.resolve6.bind(resolver)]) {
      try {
        const records = await ask(host, { ttl: true });
        const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1000;
        if (records.length > 0) return { addresses: records.map(({ address }) => address), ttlMs };
      } catch (error) {
        // There is the name, without addresses of this kind. For all else the system is asked, which says why not if it does not know either.
        if ((error as NodeJS.ErrnoException).code !== 'ENODATA') break;
      }
    }
    return await askSystem(host);
  };
}

let lastOfSystem: Promise<unknown> = Promise.resolve();

async function askSystem(host: string): Promise<Resolved> {
  const answer = lastOfSystem.then(async () => await lookup(host, { all: true }));
  lastOfSystem = answer.catch(() => {});
  const all = await answer;
  const four = all.filter(({ family }) => family === 4);
  return { addresses: (four.length > 0 ? four : all).map(({ address }) => address), ttlMs: undefined };
}
