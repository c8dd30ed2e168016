/**
 * How many connections callers may have, in all and each: who opens thousands
 * from one address must not be able to leave none for the others. Costs a look-up
 * when a connection opens and one when it closes.
 */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxPerAddress: number;
  /** What connections from an address count as; `undefined` where they count in all only, as those of a trusted proxy. */
  readonly addressKeyOf: (remoteAddress: string) => string | undefined;
  /** Whether there is no memory for more. */
  readonly isFull: () => boolean;
}

export type ConnectionRefusal = 'over_limit' | 'over_address_limit' | 'out_of_memory';

export interface ConnectionCount {
  /** Counts a connection in: what to call when it has closed, or why it may not stay. */
  enter(remoteAddress: string): (() => void) | ConnectionRefusal;
}

export function createConnectionCount(limits: ConnectionLimits): ConnectionCount {
  const { maxConnections, maxPerAddress, addressKeyOf, isFull } = limits;
  const byAddress = new Map<string, number>();
  let inAll = 0;

  function leave(key: string | undefined): void {
    inAll--;
    if (key === undefined) return;
    const left = byAddress.get(key)! - 1;
    if (left === 0) byAddress.delete(key);
    else byAddress.set(key, left);
  }

  return {
    enter(remoteAddress) {
      if (inAll >= maxConnections) return 'over_limit';
      if (isFull()) return 'out_of_memory';
      const key = addressKeyOf(remoteAddress);
      if (key !== undefined) {
        const open = byAddress.get(key) ?? 0;
        if (open >= maxPerAddress) return 'over_address_limit';
        byAddress.set(key, open + 1);
      }
      inAll++;
      return () => leave(key);
    },
  };
}
