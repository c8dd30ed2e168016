/** What happened before the request that is asked about, brought about by the parts that would have seen it happen. */
import { suggestion } from '../config/nearest.ts';
import type { Caller } from '../limit/limiter.ts';
import type { Plan } from '../plan.ts';
import type { TargetPlan } from '../upstream/target-plan.ts';
import type { Before, Opened, Used } from './ask.ts';
import type { OfflinePlan } from './offline-plan.ts';

/** More failures than any circuit waits for. */
const MOST_FAILURES = 1_000_000;

/** What `before` names and the configuration has not, in one sentence. */
export function whyNotBefore({ limiters, upstreams, config }: Plan, before: Before): string | undefined {
  const limits = new Set(limiters.map(({ name }) => name));
  const unknownLimit = before.used.find(({ limit }) => !limits.has(limit))?.limit;
  if (unknownLimit !== undefined) return `no limit \`${unknownLimit}\`; ${suggestion(unknownLimit, limits)}`;
  for (const { upstream: name } of before.open) {
    const upstream = upstreams.find((one) => one.name === name);
    if (upstream === undefined) {
      const names = upstreams.map((one) => one.name);
      return `no upstream \`${name}\`; ${suggestion(name, names)}`;
    }
    if (upstream.targets.some(({ breaker }) => breaker === undefined))
      return `the upstream \`${name}\` has no circuit breaker that could be open`;
  }
  if (before.revoked.length > 0 && config.oauth2 === undefined)
    return 'nothing is ever revoked without `oauth2`; see docs/oauth2.md';
  return undefined;
}

/** Counts requests of `caller` where they would have been counted. No more than there is room for. */
export function countUsed({ plan, clock }: OfflinePlan, used: readonly Used[], caller: Caller): void {
  // A window goes one way: what is longest ago comes first.
  for (const { limit, count, agoMs } of used.toSorted((one, other) => other.agoMs - one.agoMs)) {
    const limiter = plan.limiters.find(({ name }) => name === limit)!;
    clock.move(-agoMs);
    const now = clock.monotonic();
    for (let left = count; left > 0; left--) {
      const slot = limiter.slotOf(caller, now);
      if (!limiter.hasRoom(caller, slot)) break;
      limiter.charge(caller, slot);
    }
    clock.move(agoMs);
  }
}

/** Lets every target of an upstream fail until nothing is sent there. */
export function openCircuits({ plan, clock }: OfflinePlan, opened: readonly Opened[]): void {
  for (const { upstream, agoMs } of opened) {
    clock.move(-agoMs);
    for (const target of plan.upstreams.find(({ name }) => name === upstream)!.targets) openCircuit(target);
    clock.move(agoMs);
  }
}

function openCircuit(target: TargetPlan): void {
  for (let left = MOST_FAILURES; left > 0 && target.breaker?.state() === 'closed'; left--) {
    const permit = target.acquire(false);
    if (permit === undefined) break;
    target.failure(permit);
  }
}
