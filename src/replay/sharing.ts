/** How many users come from one address: who limits by address limits them together. Bounded; what is past the bound is counted. */
export interface Sharing {
  take(address: string, user: string): void;
  readonly addresses: number;
  /** Of these, with more than one user. */
  readonly shared: number;
  top(count: number): readonly { readonly address: string; readonly users: number }[];
  /** Users not looked at, because there was no room. */
  readonly missed: number;
}

const MOST_PAIRS = 2_000_000;

export function createSharing(): Sharing {
  /** Most addresses have one user: a set for each would be the most of it. */
  const users = new Map<string, string | Set<string>>();
  let pairs = 0;
  let missed = 0;
  return {
    take(address, user) {
      const known = users.get(address);
      if (known === user || (known instanceof Set && known.has(user))) return;
      if (pairs >= MOST_PAIRS) {
        missed++;
        return;
      }
      pairs++;
      if (known === undefined) users.set(address, user);
      else if (typeof known === 'string') users.set(address, new Set([known, user]));
      else known.add(user);
    },
    get addresses() {
      return users.size;
    },
    get shared() {
      let count = 0;
      for (const one of users.values()) if (sizeOf(one) > 1) count++;
      return count;
    },
    top: (count) =>
      [...users]
        .map(([address, one]) => ({ address, users: sizeOf(one) }))
        .filter((one) => one.users > 1)
        .toSorted((one, other) => other.users - one.users)
        .slice(0, count),
    get missed() {
      return missed;
    },
  };
}

function sizeOf(one: string | Set<string>): number {
  return typeof one === 'string' ? 1 : one.size;
}
