/**
 * What each stage made of a request, in their order, each with the line of the
 * configuration that has it so. Read off what the stages left behind: the
 * passage, and the answer.
 */
import type { Config, Place, RouteConfig, ScopeRule } from '../config/config.ts';
import type { Limiter } from '../limit/limiter.ts';
import type { Plan, RoutePlan } from '../plan.ts';
import { type Stage, STAGES, stageOf } from '../stage.ts';
import type { Attempt } from './attempt.ts';
import { quotaLeft } from './quota-left.ts';

/** `nothing`: the route asks for nothing here. */
export type Verdict = 'passes' | 'refuses' | 'answers' | 'nothing' | 'not reached';

export interface TracedStage {
  readonly stage: Stage;
  readonly verdict: Verdict;
  readonly detail: string;
  readonly place: Place | undefined;
}

interface Said {
  readonly detail: string;
  readonly place?: Place | undefined;
  /** There is nothing that could refuse. */
  readonly nothing?: boolean;
}

export function traceOf(attempt: Attempt): readonly TracedStage[] {
  const { passage, outcome } = attempt;
  const refusedAt = outcome.kind === 'refused' ? stageOf(outcome.refusal, passage) : undefined;
  const answeredAt = answeringStage(attempt);
  const last = STAGES.indexOf(refusedAt ?? answeredAt ?? 'forward');
  return STAGES.map((stage, at) => {
    if (at > last) return { stage, verdict: 'not reached', detail: '', place: undefined };
    const { detail, place, nothing = false } = SAY[stage](attempt);
    if (outcome.kind === 'refused' && at === last)
      return { stage, verdict: 'refuses', detail: outcome.refusal.detail ?? outcome.refusal.title, place };
    const verdict = at === last && answeredAt !== undefined ? 'answers' : nothing ? 'nothing' : 'passes';
    return { stage, verdict, detail, place };
  });
}

/** A preflight is answered before anything is asked for; the end of the hops when everything was. */
function answeringStage({ outcome, head }: Attempt): Stage | undefined {
  switch (outcome.kind) {
    case 'answered':
      return head.names.includes('access-control-request-method') ? 'route' : 'forward';
    case 'replied':
      return 'plugins';
    case 'local':
      return 'forward';
    case 'refused':
    case 'forwarded':
      break;
  }
  return undefined;
}

const SAY: Readonly<Record<Stage, (attempt: Attempt) => Said>> = {
  parse: ({ passage }) => ({ detail: `path ${passage.path}` }),
  route: ({ passage: { route }, outcome }) => ({
    detail: outcome.kind === 'answered' ? 'a CORS preflight' : (route?.name ?? ''),
    place: route?.config?.place,
  }),
  overload: ({ passage: { route } }) => ({
    detail: route?.config?.kind === 'operations' ? 'operations are never refused' : 'the load of now is not known here',
    nothing: true,
  }),
  'limit by address': (attempt) => {
    const { plan, passage } = attempt;
    const failures = passage.route?.authenticator === undefined ? [] : plan.failedAuthentications;
    return limited([...failures, ...(passage.route?.addressLimits ?? [])], attempt);
  },
  authenticate: authentication,
  authorize: authorization,
  'limit by caller': (attempt) => limited(attempt.passage.route?.callerLimits ?? [], attempt),
  plugins: ({ passage: { route } }) => {
    const names = route?.plugins.names ?? [];
    return names.length === 0
      ? { detail: 'none that could answer', nothing: true }
      : { detail: names.join(', '), place: route?.config?.place };
  },
  break: ({ passage: { route } }) => {
    const upstream = route?.config?.upstream;
    if (upstream === undefined) return { detail: '', nothing: true };
    const { circuitBreaker, place } = upstream;
    return circuitBreaker === undefined
      ? { detail: `${upstream.name} has no circuit breaker`, place, nothing: true }
      : { detail: `the circuit of ${upstream.name} is closed`, place };
  },
  forward: forwarding,
};

function limited(limiters: readonly Limiter[], { plan, passage }: Attempt): Said {
  if (limiters.length === 0) return { detail: 'no limit', nothing: true };
  const now = plan.clock.monotonic();
  const left = limiters.map((limiter) => {
    const { limit, quota, window_s, left: remaining } = quotaLeft(limiter, passage, now);
    return `${limit}: ${remaining} of ${quota} left in ${window_s} s${limiter.observes ? ' (observed)' : ''}`;
  });
  return { detail: left.join(', '), place: limitPlace(plan.config, passage.route, limiters[0]!.name) };
}

export function limitPlace(config: Config, route: RoutePlan | undefined, name: string): Place | undefined {
  const all = [...(route?.config?.rateLimits ?? []), ...config.rateLimits, config.failedAuthentications];
  return all.find((limit) => limit?.name === name)?.place;
}

function authentication({ passage, shown, outcome }: Attempt): Said {
  const { route } = passage;
  const auth = route?.config?.auth;
  if (auth === undefined) {
    const certificate = route?.config?.clientCertificate;
    return certificate === undefined
      ? { detail: 'auth: none', place: route?.config?.place, nothing: true }
      : { detail: 'a client certificate', place: route?.config?.place };
  }
  const issuer = auth.issuers.find((one) => one.issuer === shown.claims?.iss) ?? auth.issuers[0]!;
  if (outcome.kind === 'refused' && passage.principal === undefined) return { detail: '', place: issuer.place };
  const subject = passage.principal?.subject ?? passage.principal?.clientId ?? 'nobody in particular';
  return { detail: `${subject} of ${issuer.name}; ${SIGNATURE[shown.signature]}`, place: issuer.place };
}

const SIGNATURE = {
  none: 'no token',
  'made up': 'as if a token had these claims',
  'not checked': 'the signature was NOT looked at',
  checked: 'the signature fits',
} as const satisfies Record<Attempt['shown']['signature'], string>;

function authorization({ passage: { route, request } }: Attempt): Said {
  const needed = route?.config?.auth && scopesNeeded(route.config, request.method);
  if (needed === undefined || needed.allOf.length + needed.anyOf.length === 0)
    return { detail: 'no scope is asked for', nothing: true };
  const parts = [...needed.allOf, ...(needed.anyOf.length > 0 ? [`one of ${needed.anyOf.join(', ')}`] : [])];
  return { detail: `has ${parts.join(' and ')}`, place: route?.config?.place };
}

/** HEAD is GET without the body. */
export function scopesNeeded({ auth }: RouteConfig, method: string): ScopeRule | undefined {
  if (auth === undefined) return undefined;
  const { scopes, scopesByMethod } = auth;
  return scopesByMethod.get(method) ?? (method === 'HEAD' ? scopesByMethod.get('GET') : undefined) ?? scopes;
}

function forwarding({ passage: { route }, outcome }: Attempt): Said {
  if (outcome.kind === 'local') return { detail: 'the gateway answers itself' };
  const config = route?.config;
  if (outcome.kind !== 'forwarded' || config === undefined) return { detail: '', place: config?.place };
  const { upstream } = config;
  const total = config.streaming ? 'no total limit' : `${config.totalMs} ms in all`;
  const { connectMs, responseMs } = upstream.timeouts;
  const retries = upstream.retry.attempts === 0 ? 'no retry' : `retries: ${upstream.retry.attempts}`;
  return {
    detail: `to ${upstream.name}, target ${outcome.picked.target.name}; connect ${connectMs} ms, response ${responseMs} ms, ${total}; ${retries}`,
    place: upstream.place,
  };
}

/** Whatever `plan` counts for this request, and has left. */
export function limitersOf({ failedAuthentications }: Plan, route: RoutePlan | undefined): readonly Limiter[] {
  if (route === undefined) return [];
  const failures = route.authenticator === undefined ? [] : failedAuthentications;
  return [...failures, ...route.addressLimits, ...route.callerLimits];
}
