/**
 * Taking a request off several limits at once: either all of them count it, or
 * one refuses and none does. The limits by address are taken before
 * authentication and the others after it, so the second call is handed what the
 * first took and gives it back when it refuses. A route without limits costs
 * nothing; else one small object and one or two strings.
 */
import { refuse, type Refusal } from '../refusal.ts';
import type { Caller, Limiter } from './limiter.ts';

export interface Taken {
  /** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11), each line ending in CRLF; or nothing. */
  readonly headerText: string;
  /** The name of a limit that observes and would have refused. */
  readonly wouldRefuse: string | undefined;
  readonly policies: string;
  readonly states: string;
  /** For giving it back. */
  readonly charged: readonly Limiter[];
  readonly caller: Caller | undefined;
  readonly atMs: number;
  readonly before: Taken | undefined;
}

export const NOTHING_TAKEN: Taken = {
  headerText: '',
  wouldRefuse: undefined,
  policies: '',
  states: '',
  charged: [],
  caller: undefined,
  atMs: 0,
  before: undefined,
};

/** `nowMs` is monotonic. */
export function takeAll(
  limiters: readonly Limiter[],
  caller: Caller,
  nowMs: number,
  before: Taken = NOTHING_TAKEN,
): Taken | Refusal {
  if (limiters.length === 0) return before;
  let { wouldRefuse, policies, states } = before;
  let charged = limiters;
  const slots: number[] = [];
  for (const limiter of limiters) {
    const slot = limiter.slotOf(caller, nowMs);
    slots.push(slot);
    if (limiter.hasRoom(caller, slot)) continue;
    if (!limiter.observes) {
      giveBack(before);
      limiter.counters.refused++;
      return refusal(limiters, caller, nowMs);
    }
    wouldRefuse ??= limiter.name;
    charged = charged.filter((other) => other !== limiter);
  }
  for (let index = 0; index < limiters.length; index++) {
    const limiter = limiters[index]!;
    const slot = slots[index]!;
    if (!charged.includes(limiter)) {
      limiter.counters.wouldRefuse++;
      continue;
    }
    limiter.charge(caller, slot);
    if (limiter.observes) continue;
    policies = listed(policies, limiter.policyOf(caller));
    states = listed(states, limiter.stateOf(caller, slot, nowMs));
  }
  const headerText = policies === '' ? '' : `RateLimit-Policy: ${policies}\r\nRateLimit: ${states}\r\n`;
  return { headerText, wouldRefuse, policies, states, charged, caller, atMs: nowMs, before };
}

/** The refusal that `takeAll` would give, without counting anything. For limits whose requests are counted by their outcome. */
export function checkAll(limiters: readonly Limiter[], caller: Caller, nowMs: number): Refusal | undefined {
  for (const limiter of limiters) {
    if (limiter.observes || limiter.hasRoom(caller, limiter.slotOf(caller, nowMs))) continue;
    limiter.counters.refused++;
    return refusal(limiters, caller, nowMs);
  }
  return undefined;
}

/** Undoes what was counted for a request that was refused later on by another limit. */
export function giveBack(taken: Taken): void {
  for (let step: Taken | undefined = taken; step?.caller !== undefined; step = step.before) {
    for (const limiter of step.charged) limiter.refund(step.caller, step.atMs);
  }
}

/** Speaks for the limit that takes longest: who waits for that one is admitted by all. */
function refusal(limiters: readonly Limiter[], caller: Caller, nowMs: number): Refusal {
  let waitMs = 0;
  let name = '';
  let policy = '';
  let state = '';
  for (const limiter of limiters) {
    const slot = limiter.slotOf(caller, nowMs);
    if (limiter.observes || limiter.hasRoom(caller, slot)) continue;
    const wait = limiter.waitMs(caller, slot, nowMs);
    if (wait <= waitMs) continue;
    waitMs = wait;
    name = limiter.name;
    policy = limiter.policyOf(caller);
    state = limiter.stateOf(caller, slot, nowMs);
  }
  return refuse('rate_limited', {
    detail: 'The quota is used up. Try again after the seconds in Retry-After.',
    limit: name,
    headers: [
      ['RateLimit-Policy', policy],
      ['RateLimit', state],
    ],
    retryAfterMs: waitMs,
  });
}

function listed(list: string, member: string): string {
  return list === '' ? member : `${list}, ${member}`;
}
