/** What became of one route: who may call it, how often, and what is passed on. */
import type { AuthConfig, RateLimitConfig, RouteConfig, ScopeRule } from '../config/config.ts';
import type { Changes } from './change.ts';
import { DURATION_FORM, GUARD_FORM, PERMISSION_FORM, QUOTA_FORM, SIZE_FORM } from './value-forms.ts';

export function diffRoute(before: RouteConfig, after: RouteConfig, changes: Changes): void {
  changes.set('method', [methodsOf(before), methodsOf(after)], 'stronger');
  if (before.auth !== undefined && after.auth === undefined) changes.add('weaker', 'asks for no token any more');
  else if (before.auth === undefined && after.auth !== undefined) changes.add('stronger', 'asks for a token');
  else if (before.auth !== undefined && after.auth !== undefined) diffAuth(before.auth, after.auth, changes);
  diffCertificate(before.clientCertificate, after.clientCertificate, changes);
  diffAddresses(before.plugins.ipAllow, after.plugins.ipAllow, changes);
  diffLimits(before.rateLimits, after.rateLimits, changes);
  diffCors(before, after, changes);
  const pair = <T>(of: (route: RouteConfig) => T): readonly [T, T] => [of(before), of(after)];
  changes.value(
    'body limit',
    pair(({ maxBodyBytes }) => maxBodyBytes),
    SIZE_FORM,
  );
  changes.value(
    'total time limit',
    pair(({ totalMs, streaming }) => (streaming ? undefined : totalMs)),
    DURATION_FORM,
  );
  changes.value(
    'WebSocket',
    pair(({ webSocket }) => webSocket !== undefined),
    PERMISSION_FORM,
  );
  changes.value(
    'stripping of the token',
    pair(({ plugins }) => plugins.stripAuthHeader),
    GUARD_FORM,
  );
  if (before.upstream.name !== after.upstream.name) {
    changes.add('neutral', `goes to ${after.upstream.name} in place of ${before.upstream.name}`);
  }
}

function methodsOf({ methods }: RouteConfig): readonly string[] {
  return methods.length === 0 ? ['any'] : methods;
}

function diffAuth(before: AuthConfig, after: AuthConfig, changes: Changes): void {
  changes.set('issuer', [issuersOf(before), issuersOf(after)], 'stronger');
  changes.set('required claim', [before.requiredClaims, after.requiredClaims], 'weaker');
  const methods = new Set([...before.scopesByMethod.keys(), ...after.scopesByMethod.keys()]);
  diffScopes(before.scopes, after.scopes, '', changes);
  for (const method of methods) {
    const of = ({ scopesByMethod, scopes }: AuthConfig): ScopeRule => scopesByMethod.get(method) ?? scopes;
    diffScopes(of(before), of(after), ` for ${method}`, changes);
  }
  const [from, to] = [sourceOf(before), sourceOf(after)];
  if (from !== to) {
    changes.add('neutral', `takes its token from ${to} in place of ${from}`);
  }
}

function issuersOf({ issuers }: AuthConfig): readonly string[] {
  return issuers.map(({ issuer }) => issuer);
}

function sourceOf({ source }: AuthConfig): string {
  return `${source.in} ${source.name}`;
}

function diffScopes(before: ScopeRule, after: ScopeRule, where: string, changes: Changes): void {
  changes.set(`scope${where}`, [before.allOf, after.allOf], 'weaker');
  // One of several is enough: each more is another way in, but the first of them is a condition.
  if (before.anyOf.length > 0 && after.anyOf.length > 0) {
    changes.set(`alternative scope${where}`, [before.anyOf, after.anyOf], 'stronger');
  } else changes.set(`scope${where} one of`, [before.anyOf, after.anyOf], 'weaker');
}

function diffCertificate(
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
  changes: Changes,
): void {
  if ((before === undefined) !== (after === undefined)) {
    changes.value('client certificate', [before !== undefined, after !== undefined], GUARD_FORM);
  } else if (before !== undefined && after !== undefined) {
    if (before.length > 0 && after.length === 0) changes.add('weaker', 'takes any verified client certificate');
    else if (before.length === 0 && after.length > 0)
      changes.add('stronger', `wants ${after.join(' or ')} by certificate`);
    else changes.set('certificate name', [before, after], 'stronger');
  }
}

function diffAddresses(
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
  changes: Changes,
): void {
  if (before !== undefined && after !== undefined) changes.set('address', [before, after], 'stronger');
  else changes.value('ip-allow', [before !== undefined, after !== undefined], GUARD_FORM);
}

/** Limits that count the same callers are compared, whatever they are called. */
function diffLimits(before: readonly RateLimitConfig[], after: readonly RateLimitConfig[], changes: Changes): void {
  const counted = new Set([...before, ...after].map(countedBy));
  for (const by of counted) {
    const [old, now] = [before, after].map((limits) => limits.filter((one) => countedBy(one) === by)[0]);
    changes.value(`limit by ${by}`, [enforced(old), enforced(now)], QUOTA_FORM);
    if (old === undefined || now === undefined || old.mode !== now.mode) continue;
    const plans = new Set([...(old.plans?.quotas.keys() ?? []), ...(now.plans?.quotas.keys() ?? [])]);
    for (const plan of plans) {
      const [was, is] = [old, now].map((limit) => limit.plans?.quotas.get(plan) ?? limit.quota);
      changes.value(`limit by ${by} for plan ${plan}`, [was, is], QUOTA_FORM);
    }
  }
}

/** One that only observes refuses nobody. */
function enforced(limit: RateLimitConfig | undefined) {
  return limit?.mode === 'enforce' ? limit.quota : undefined;
}

function countedBy({ by }: RateLimitConfig): string {
  return by.kind === 'claim' ? `claim ${by.path.join('.')}` : by.kind;
}

function diffCors({ cors: before }: RouteConfig, { cors: after }: RouteConfig, changes: Changes): void {
  changes.set('CORS origin', [before?.origins ?? [], after?.origins ?? []], 'stronger');
  changes.value('CORS credentials', [before?.credentials === true, after?.credentials === true], PERMISSION_FORM);
}
