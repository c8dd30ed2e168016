/** How much is left of a limit, in numbers: read from the header texts that callers get, so that both say the same. */
import type { Caller, Limiter } from '../limit/limiter.ts';

export interface QuotaLeft {
  readonly limit: string;
  readonly quota: number;
  readonly window_s: number;
  readonly left: number;
  /** Until more is left; 0 where nothing is used. */
  readonly reset_s: number;
}

/** Of a member of `RateLimit-Policy` and one of `RateLimit`. */
export function readQuota(limit: string, policy: string, state: string): QuotaLeft {
  return {
    limit,
    quota: numberOf(policy, 'q'),
    window_s: numberOf(policy, 'w'),
    left: numberOf(state, 'r'),
    reset_s: numberOf(state, 't'),
  };
}

export function quotaLeft(limiter: Limiter, caller: Caller, nowMs: number): QuotaLeft {
  const slot = limiter.slotOf(caller, nowMs);
  return readQuota(limiter.name, limiter.policyOf(caller), limiter.stateOf(caller, slot, nowMs));
}

/** A parameter stands behind the name, which may hold anything. */
function numberOf(member: string, parameter: string): number {
  return Number(new RegExp(`;${parameter}=(\\d+)(?:;[a-z]=\\d+)*$`).exec(member)?.[1]);
}
