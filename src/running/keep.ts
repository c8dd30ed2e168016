/**
 * What outlives one reading of the configuration: counts of the limits,
 * circuits, connections, keys, verified tokens. A part is known by its key,
 * which says what it is and what it was made of; a plan that asks for a key that
 * another holds gets the same part. It is closed when the last plan that took it
 * has let go. Plan time only.
 */

/** What one plan holds of it. */
export interface Lease {
  /** The part called `key`: another plan's, or made now. `close` is called once nobody holds it. */
  take<T>(key: string, make: () => T, close?: (part: T) => unknown): T;
  end(): void;
}

export interface Keep {
  lease(): Lease;
  /** How many parts there are. */
  size(): number;
  /** Resolves when everything that was let go is closed. */
  settled(): Promise<void>;
}

interface Kept {
  readonly part: unknown;
  readonly close: () => unknown;
  holders: number;
}

export function createKeep(): Keep {
  const all = new Map<string, Kept>();
  const closing = new Set<Promise<unknown>>();

  function letGo(key: string): void {
    const kept = all.get(key)!;
    if (--kept.holders > 0) return;
    all.delete(key);
    const closed = Promise.resolve(kept.close()).finally(() => closing.delete(closed));
    closing.add(closed);
  }

  return {
    lease() {
      const held = new Set<string>();
      return {
        take<T>(key: string, make: () => T, close: (part: T) => unknown = () => {}) {
          let kept = all.get(key);
          if (kept === undefined) {
            const part = make();
            all.set(key, (kept = { part, close: () => close(part), holders: 0 }));
          }
          if (!held.has(key)) kept.holders++;
          held.add(key);
          return kept.part as T;
        },
        end() {
          // The latest first: an authenticator before its keys.
          for (const key of [...held].toReversed()) letGo(key);
          held.clear();
        },
      };
    },
    size: () => all.size,
    async settled() {
      await Promise.all(closing);
    },
  };
}
