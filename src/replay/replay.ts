/**
 * Requests of the past under a configuration of today: routed and counted by the
 * route table and the limiters that serve, at the times that the log gives them.
 * A log holds no tokens, so who somebody is, is believed: a line with a user is
 * that user of the route's first issuer, and one without is counted by its
 * address. About 3 µs a request.
 */
import { createPrincipal, type Principal } from '../auth/principal.ts';
import type { OfflinePlan } from '../explain/offline-plan.ts';
import { addressKey } from '../limit/address.ts';
import type { Caller, Limiter } from '../limit/limiter.ts';
import { checkAll, takeAll } from '../limit/take.ts';
import type { RoutePlan } from '../plan.ts';
import { Refusal } from '../refusal.ts';
import { normalizePath } from '../route/path.ts';
import { createDemand, type Demand } from './demand.ts';
import type { LoggedRequest } from './log-line.ts';
import { createSharing, type Sharing } from './sharing.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Of a limit and a plan: one quota. */
export interface TierUse {
  readonly limit: string;
  readonly observes: boolean;
  readonly requests: number;
  readonly windowMs: number;
  readonly demand: Demand;
}

export interface RouteUse {
  readonly route: string;
  requests: number;
  /** By code. */
  readonly refused: Map<string, number>;
}

export interface Replay {
  take(request: LoggedRequest): void;
  readonly routes: () => readonly RouteUse[];
  readonly tiers: () => readonly TierUse[];
  readonly sharing: Sharing;
  /** Requests of routes that ask for a token, of whom the log does not say who they were. */
  readonly unnamed: () => number;
  /** Lines older than one before them: counted at its time. */
  readonly late: () => number;
  /** Wall clock, of the first and the last. */
  readonly span: () => readonly [fromMs: number, toMs: number];
}

/** `claimsOf`: what else is known of a user, above all the plan. */
export function createReplay(offline: OfflinePlan, claimsOf: (subject: string) => Claims | undefined): Replay {
  const { plan, clock } = offline;
  const { ipv6Prefix } = plan.config;
  const routes = new Map<string, RouteUse>();
  const tiers = new Map<string, TierUse>();
  const sharing = createSharing();
  const principals = new Map<string, Map<string, Principal>>();
  const span: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let unnamed = 0;
  let late = 0;

  function take(request: LoggedRequest): void {
    const { atMs } = request;
    span[0] = Math.min(span[0], atMs);
    const ahead = atMs - clock.wall();
    if (ahead > 0) clock.move(ahead);
    // Lines are written when a request ends, so the order of their times is nearly theirs.
    else if (ahead < 0) late++;
    span[1] = clock.wall();

    const path = normalizePath(request.path);
    if (path === undefined) return count('(no route)', 'malformed_request');
    const match = plan.routes.find('', request.method, path);
    if (match.kind !== 'route') return count('(no route)', match.kind);
    const { route } = match;
    count(route.name, refusalOf(route, request));
  }

  function count(name: string, code: string | undefined): void {
    let use = routes.get(name);
    if (use === undefined) routes.set(name, (use = { route: name, requests: 0, refused: new Map() }));
    use.requests++;
    if (code !== undefined) use.refused.set(code, (use.refused.get(code) ?? 0) + 1);
  }

  /** In the order of `admit`. What a token decided then, it is taken to decide now. */
  function refusalOf(route: RoutePlan, request: LoggedRequest): string | undefined {
    const now = clock.monotonic();
    const stranger: Caller = { addressKey: addressKey(request.address, ipv6Prefix), principal: undefined };
    const failures = route.authenticator === undefined ? [] : plan.failedAuthentications;
    if (checkAll(failures, stranger, now) !== undefined) return 'rate_limited';
    const byAddress = takeAll(route.addressLimits, stranger, now);
    demand(route.addressLimits, stranger, request, byAddress instanceof Refusal);
    if (byAddress instanceof Refusal) return 'rate_limited';
    const principal = route.authenticator === undefined ? undefined : principalOf(route, request);
    if (route.authenticator !== undefined && principal === undefined) {
      if (request.status === 401) {
        takeAll(failures, stranger, now);
        return 'authentication';
      }
      unnamed++;
    }
    if (request.refusal === 'insufficient_scope') return 'insufficient_scope';
    if (principal !== undefined) sharing.take(stranger.addressKey, principal.callerKey);
    const caller: Caller = principal === undefined ? stranger : { addressKey: stranger.addressKey, principal };
    const taken = takeAll(route.callerLimits, caller, now, byAddress);
    demand(route.callerLimits, caller, request, taken instanceof Refusal);
    return taken instanceof Refusal ? 'rate_limited' : undefined;
  }

  function demand(limiters: readonly Limiter[], caller: Caller, request: LoggedRequest, refused: boolean): void {
    for (const limiter of limiters) {
      const tier = tierOf(limiter, limiter.policyOf(caller));
      tier.demand.take({
        key: limiter.keyOf(caller),
        caller:
          limiter.stage === 'address' ? request.address : (request.subject ?? request.clientId ?? request.address),
        atMs: clock.wall(),
        refused,
      });
    }
  }

  function tierOf(limiter: Limiter, policy: string): TierUse {
    let tier = tiers.get(policy);
    if (tier === undefined) {
      const [requests = 0, seconds = 0] = policy
        .slice(policy.lastIndexOf(';q=') + 3)
        .split(';w=')
        .map(Number);
      const { name, observes } = limiter;
      tier = { limit: name, observes, requests, windowMs: seconds * 1000, demand: createDemand(seconds * 1000) };
      tiers.set(policy, tier);
    }
    return tier;
  }

  function principalOf(route: RoutePlan, { subject, clientId }: LoggedRequest): Principal | undefined {
    const name = subject ?? clientId;
    const issuer = route.config?.auth?.issuers[0]?.issuer;
    if (name === undefined || issuer === undefined) return undefined;
    let known = principals.get(issuer);
    if (known === undefined) principals.set(issuer, (known = new Map()));
    let principal = known.get(name);
    if (principal === undefined) {
      const claims = { ...claimsOf(name), iss: issuer, sub: subject, client_id: clientId, exp: 0 };
      if (known.size >= MOST_PRINCIPALS) known.clear();
      known.set(name, (principal = createPrincipal(claims)));
    }
    return principal;
  }

  return {
    take,
    routes: () => [...routes.values()],
    tiers: () => [...tiers.values()],
    sharing,
    unnamed: () => unnamed,
    late: () => late,
    span: () => span,
  };
}

/** Made again when asked for; forgetting them costs time alone. */
const MOST_PRINCIPALS = 100_000;
