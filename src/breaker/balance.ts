/**
 * Which of an upstream's targets gets the next request. A target's breaker is
 * asked only when its turn comes: a permit taken and not used would be a probe
 * lost. One pass over the targets when all is well; nothing is allocated.
 */
import { hashOf, scoreOf } from './rendezvous.ts';

export interface Candidate {
  /** Tells it from the others, and is the same on every gateway. */
  readonly name: string;
  /** Above 0: how much of the requests it gets, beside the others. */
  readonly weight: number;
  /** How much of its weight counts now; from above 0, while it ramps up, to 1. */
  readonly share: number;
  /** Requests under way. */
  readonly underWay: number;
}

export type Strategy = 'round_robin' | 'least_requests' | 'consistent_hash';

export interface Balancer<T> {
  /**
   * Offers the candidates in order of preference, each once, until `accepts` takes
   * one. `key`: from `hashOf`, for consistent hashing.
   */
  pick(accepts: (candidate: T) => boolean, key: number): T | undefined;
}

/** An order of preference. `asked` holds 1 for who has refused. */
interface Order {
  /** -1 where all were asked. */
  best(asked: Uint8Array, key: number): number;
  taken(at: number, asked: Uint8Array): void;
}

/** `random`: from 0 up to 1. */
export function createBalancer<T extends Candidate>(
  strategy: Strategy,
  candidates: readonly T[],
  random: () => number,
): Balancer<T> {
  const asked = new Uint8Array(candidates.length);
  const order = orderOf(strategy, candidates, random);
  return {
    pick(accepts, key) {
      asked.fill(0);
      for (let at = order.best(asked, key); at !== -1; at = order.best(asked, key)) {
        const candidate = candidates[at]!;
        if (accepts(candidate)) {
          order.taken(at, asked);
          return candidate;
        }
        asked[at] = 1;
      }
      return undefined;
    },
  };
}

function orderOf(strategy: Strategy, candidates: readonly Candidate[], random: () => number): Order {
  if (candidates.length === 1) return ONLY;
  if (strategy === 'round_robin') return createRoundRobin(candidates);
  if (strategy === 'consistent_hash') return createHashing(candidates);
  return candidates.length > 2 ? createTwoChoices(candidates, random) : createLeastOfTwo(candidates);
}

/** Of one there is no choice, and most upstreams have one. */
const ONLY: Order = { best: (asked) => (asked[0] === 1 ? -1 : 0), taken: () => {} };

function weightOf({ weight, share }: Candidate): number {
  return weight * share;
}

/** Smooth and weighted, as nginx has it: of weights 2 and 1, a b a and never a a b. Who refuses saves up nothing. */
function createRoundRobin(candidates: readonly Candidate[]): Order {
  const credits = new Float64Array(candidates.length);
  return {
    best(asked) {
      let chosen = -1;
      let most = Number.NEGATIVE_INFINITY;
      for (let at = 0; at < candidates.length; at++) {
        if (asked[at] === 1) continue;
        const credit = credits[at]! + weightOf(candidates[at]!);
        if (credit <= most) continue;
        most = credit;
        chosen = at;
      }
      return chosen;
    },
    taken(chosen, asked) {
      let total = 0;
      for (let at = 0; at < candidates.length; at++) {
        if (asked[at] === 1) continue;
        const weight = weightOf(candidates[at]!);
        credits[at] = credits[at]! + weight;
        total += weight;
      }
      credits[chosen] = credits[chosen]! - total;
    },
  };
}

function loadOf(candidate: Candidate): number {
  return candidate.underWay / weightOf(candidate);
}

/** Two need no chance: the one with less to do, and equals take turns. */
function createLeastOfTwo(candidates: readonly Candidate[]): Order {
  const turns = createRoundRobin(candidates);
  return {
    best(asked, key) {
      const next = turns.best(asked, key);
      const other = 1 - next;
      if (next === -1 || asked[other] === 1) return next;
      return loadOf(candidates[other]!) < loadOf(candidates[next]!) ? other : next;
    },
    taken: turns.taken,
  };
}

/**
 * The better of two drawn by weight (Mitzenmacher 2001): nearly as even as the
 * best of all, and many gateways do not all run to the one that was idle a moment ago.
 */
function createTwoChoices(candidates: readonly Candidate[], random: () => number): Order {
  function draw(asked: Uint8Array, except: number): number {
    let total = 0;
    for (let at = 0; at < candidates.length; at++) {
      if (asked[at] === 0 && at !== except) total += weightOf(candidates[at]!);
    }
    let left = random() * total;
    let drawn = -1;
    for (let at = 0; at < candidates.length; at++) {
      if (asked[at] === 1 || at === except) continue;
      drawn = at;
      left -= weightOf(candidates[at]!);
      if (left < 0) break;
    }
    return drawn;
  }

  return {
    best(asked) {
      const first = draw(asked, -1);
      if (first === -1) return -1;
      const second = draw(asked, first);
      if (second === -1) return first;
      return loadOf(candidates[second]!) < loadOf(candidates[first]!) ? second : first;
    },
    taken: () => {},
  };
}

function createHashing(candidates: readonly Candidate[]): Order {
  const hashes = Uint32Array.from(candidates, ({ name }) => hashOf(name));
  return {
    best(asked, key) {
      let chosen = -1;
      let most = Number.NEGATIVE_INFINITY;
      for (let at = 0; at < candidates.length; at++) {
        if (asked[at] === 1) continue;
        const score = scoreOf(key, hashes[at]!, weightOf(candidates[at]!));
        if (score <= most) continue;
        most = score;
        chosen = at;
      }
      return chosen;
    },
    taken: () => {},
  };
}
