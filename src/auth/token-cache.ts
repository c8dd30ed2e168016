/**
 * Tokens already verified, by their exact text: a hit costs one comparison of
 * the text instead of a signature check. One cache serves one authenticator, so
 * a token found here has passed that route's own rules. Only verified tokens
 * come in, so strangers cannot fill it. Two generations bound it by entries and
 * by bytes: when the young one is full it becomes the old one, and the old goes.
 */
import type { Clock } from '../world.ts';
import type { Principal } from './principal.ts';

export interface TokenCacheOptions {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** After this an entry is verified again, however long the token lives. */
  readonly ttlMs: number;
}

/** Wall-clock moments, the allowed skew already counted in. */
export interface Validity {
  readonly fromMs: number;
  /** The first moment that is too late. */
  readonly untilMs: number;
}

export interface TokenCache {
  /** The principal if the token is still good under this version of the keys. */
  readonly get: (token: string, keysVersion: number) => Principal | undefined;
  readonly set: (token: string, keysVersion: number, principal: Principal, validity: Validity) => void;
  readonly stats: () => TokenCacheStats;
}

export interface TokenCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
}

interface Entry {
  readonly token: string;
  readonly principal: Principal;
  readonly validity: Validity;
  readonly bornAt: number;
  readonly bytes: number;
}

interface Generation {
  readonly entries: Map<string, Entry>;
  bytes: number;
}

const DEFAULTS: TokenCacheOptions = { maxEntries: 20_000, maxBytes: 64 * 1024 * 1024, ttlMs: 300_000 };

export function createTokenCache(clock: Clock, options: Partial<TokenCacheOptions> = {}): TokenCache {
  const { maxEntries, maxBytes, ttlMs } = { ...DEFAULTS, ...options };
  let young = createGeneration();
  let old = createGeneration();
  let version: number | undefined;
  let hits = 0;
  let misses = 0;

  /** Drops everything once the keys have changed: a removed key must not live on in here. */
  function follow(keysVersion: number): void {
    if (version === keysVersion) return;
    version = keysVersion;
    young = createGeneration();
    old = createGeneration();
  }

  function put(entry: Entry): void {
    if (young.entries.size >= maxEntries / 2 || young.bytes + entry.bytes > maxBytes / 2) {
      old = young;
      young = createGeneration();
    }
    young.entries.set(keyOf(entry.token), entry);
    young.bytes += entry.bytes;
  }

  function remove(entry: Entry): void {
    const key = keyOf(entry.token);
    for (const generation of [young, old]) if (generation.entries.delete(key)) generation.bytes -= entry.bytes;
  }

  return {
    get(token, keysVersion) {
      follow(keysVersion);
      const key = keyOf(token);
      let entry = young.entries.get(key);
      if (entry === undefined) {
        entry = old.entries.get(key);
        if (entry !== undefined) {
          remove(entry);
          put(entry);
        }
      }
      if (entry !== undefined && entry.token === token) {
        if (isAlive(entry)) {
          hits++;
          return entry.principal;
        }
        remove(entry);
      }
      misses++;
      return undefined;
    },
    set(token, keysVersion, principal, validity) {
      follow(keysVersion);
      const bytes = sizeOf(token);
      if (bytes > maxBytes / 2) return;
      const key = keyOf(token);
      const known = young.entries.get(key) ?? old.entries.get(key);
      if (known !== undefined) remove(known);
      put({ token: flatCopy(token), principal, validity, bornAt: clock.monotonic(), bytes });
    },
    stats: () => ({ hits, misses, entries: young.entries.size + old.entries.size, bytes: young.bytes + old.bytes }),
  };

  function isAlive({ validity, bornAt }: Entry): boolean {
    const now = clock.wall();
    return now < validity.untilMs && now >= validity.fromMs && clock.monotonic() - bornAt < ttlMs;
  }
}

/**
 * The end of the signature: as good a key as the whole token, and hashing it
 * does not cost a microsecond. It only finds the entry; the whole text decides.
 */
function keyOf(token: string): string {
  return token.slice(-32);
}

function createGeneration(): Generation {
  return { entries: new Map(), bytes: 0 };
}

/** The text, the parsed claims (about twice the text) and the bookkeeping; measured, not exact. */
function sizeOf(token: string): number {
  return token.length * 3 + 1024;
}

/** A part of a longer string keeps all of it alive: without this, every entry would hold a whole request head. */
function flatCopy(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}
