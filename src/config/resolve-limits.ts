/**
 * Limits: from `rate_limits`, or written out in a route, to who is counted and
 * how much is left to whom.
 */
import type { CountedBy, Quota, RateLimitConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import { suggestion } from './nearest.ts';
import { readClaimPath } from './patterns.ts';
import type { LimitValue } from './schema-limits.ts';
import { quotaOf } from './units.ts';

/** `undefined` where it is at fault, which is then reported. */
export function resolveLimit(name: string, value: LimitValue, path: Path, report: Report): RateLimitConfig | undefined {
  const by = resolveBy(value.by, path, report);
  const amount =
    value.plans === undefined && value.plan_claim === undefined
      ? resolveQuota(value, path, report)
      : resolvePlans(value, path, report);
  if (by === undefined || amount === undefined) return undefined;
  return {
    name,
    by,
    ...amount,
    mode: value.mode ?? 'enforce',
    subWindows: value.sub_windows,
    place: report.placeOf(path),
  };
}

function resolveBy(text: string | undefined, path: Path, report: Report): CountedBy | undefined {
  if (text === undefined) {
    report.error(
      [...path, 'by'],
      'the limit does not say who is counted; write `by: address`, `user`, `client` or `claim:NAME`',
    );
    return undefined;
  }
  if (!text.startsWith('claim:')) return { kind: text as 'address' | 'user' | 'client' };
  const claim = claimPath(text.slice('claim:'.length), [...path, 'by'], report);
  return claim && { kind: 'claim', path: claim };
}

type Amount = Pick<RateLimitConfig, 'quota' | 'plans'>;

function resolveQuota(value: LimitValue, path: Path, report: Report): Amount | undefined {
  if (value.default_plan !== undefined) {
    report.error(
      [...path, 'default_plan'],
      '`default_plan` stands without `plans`; write `plan_claim` and `plans` too, or leave it out',
    );
  }
  if (value.quota === undefined) {
    report.error(
      [...path, 'quota'],
      'the limit has no `quota`; write `quota: 100/min`, or `plan_claim`, `plans` and `default_plan`',
    );
    return undefined;
  }
  return { quota: quotaOf(value.quota), plans: undefined };
}

function resolvePlans(value: LimitValue, path: Path, report: Report): Amount | undefined {
  const plans = Object.entries(value.plans ?? {});
  const quotas = new Map<string, Quota>();
  for (const [plan, text] of plans) if (text !== undefined) quotas.set(plan, quotaOf(text));
  const names = plans.map(([plan]) => plan);
  if (value.quota !== undefined) {
    report.error([...path, 'quota'], '`quota` and `plans` stand side by side; keep one of them');
  }
  if (names.length === 0)
    report.error([...path, 'plans'], 'no plan is defined; write `plans: { free: 100/min, paid: 1000/min }`');
  if (value.plan_claim === undefined) {
    report.error([...path, 'plan_claim'], 'the plans stand without `plan_claim`; write the claim that names the plan');
  }
  if (value.default_plan === undefined) {
    const example = names[0] === undefined ? '' : `, as in \`default_plan: ${names[0]}\``;
    report.error(
      [...path, 'default_plan'],
      `the plans stand without \`default_plan\`; write which one callers without a plan have${example}`,
    );
  } else if (names.length > 0 && !names.includes(value.default_plan)) {
    report.error(
      [...path, 'default_plan'],
      `the plan ${report.written([...path, 'default_plan'])} is not defined; ${suggestion(value.default_plan, names)}`,
    );
  }
  const claim =
    value.plan_claim === undefined ? undefined : claimPath(value.plan_claim, [...path, 'plan_claim'], report);
  const quota = quotas.get(value.default_plan ?? '');
  return claim && quota && { quota, plans: { claim, quotas } };
}

function claimPath(text: string, path: Path, report: Report): readonly string[] | undefined {
  const claim = readClaimPath(text);
  if (claim === undefined)
    report.error(
      path,
      `the claim ${report.written(path)} has an empty part; write names with single dots between them`,
    );
  return claim;
}
