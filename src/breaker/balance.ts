/**
 * Which of an upstream's targets gets the next request. Counts what each has
 * under way, and asks a target's breaker only when its turn comes: a permit taken
 * and not used would be a probe lost. One pass over the targets when all is well.
 */

export interface Balancer {
  /**
   * Offers the targets in order of preference until `accepts` takes one, and
   * counts a request on it until `done`. -1 where none is taken.
   */
  pick(accepts: (target: number) => boolean): number;
  done(target: number): void;
  /** Requests under way on a target. */
  underWay(target: number): number;
}

export function createBalancer(strategy: 'round_robin' | 'least_requests', targets: number): Balancer {
  const counts = new Uint32Array(targets);
  const asked = new Uint8Array(targets);
  /** Where the next choice begins, so that equals take turns. */
  let turn = 0;

  /** The best target not yet asked, seen from `turn` on. */
  function best(): number {
    let chosen = -1;
    for (let step = 0; step < targets; step++) {
      const target = (turn + step) % targets;
      if (asked[target] === 1) continue;
      if (strategy === 'round_robin') return target;
      if (chosen === -1 || counts[target]! < counts[chosen]!) chosen = target;
    }
    return chosen;
  }

  return {
    pick(accepts) {
      asked.fill(0);
      for (let target = best(); target !== -1; target = best()) {
        if (accepts(target)) {
          counts[target] = counts[target]! + 1;
          turn = (target + 1) % targets;
          return target;
        }
        asked[target] = 1;
      }
      return -1;
    },
    done(target) {
      counts[target] = counts[target]! - 1;
    },
    underWay: (target) => counts[target]!,
  };
}
