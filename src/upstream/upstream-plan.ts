/**
 * An upstream at run time: its targets, and the choice among them. A target
 * whose circuit is open is passed over; when all are, the caller hears at once
 * when the next probe may be.
 */
import { type ClientToken, createClientToken } from '../auth/client-token.ts';
import { createTokenFetcher } from '../auth/token-request.ts';
import { createAdaptiveLimit } from '../breaker/adaptive-limit.ts';
import { createBalancer } from '../breaker/balance.ts';
import type { Permit } from '../breaker/breaker.ts';
import { createBulkhead, type Bulkhead } from '../breaker/bulkhead.ts';
import { createRetries, type Retries } from '../breaker/retries.ts';
import type { UpstreamConfig } from '../config/config.ts';
import { createHashKey } from './hash-key.ts';
import type { Metrics } from '../log/metrics.ts';
import { measureUpstream } from './measure-upstream.ts';
import type { Passage } from '../passage.ts';
import { refuse, type Refusal } from '../refusal.ts';
import type { TargetPlan } from './target-plan.ts';
import { createTargetSet } from './target-set.ts';
import type { World } from '../world.ts';

/** A target and the permit of its circuit, which must be given back once. */
export interface Picked {
  readonly target: TargetPlan;
  readonly permit: Permit;
}

export interface UpstreamPlan {
  readonly name: string;
  readonly targets: readonly TargetPlan[];
  readonly bulkhead: Bulkhead;
  readonly retries: Retries;
  /** By which the gateway itself calls the service; absent where it does not. */
  readonly clientToken: ClientToken | undefined;
  /** Of the targets, those that get requests as a matter of course. */
  available(): number;
  /** A target for a request; another than `exclude`, which it was sent to already, where there is another. */
  pick(passage: Passage, exclude?: TargetPlan): Picked | Refusal;
  /** Asks for the first token; more than once is as good as once. */
  start(): void;
  close(): void;
}

export interface UpstreamWorld extends World {
  readonly random: () => number;
  readonly metrics: Metrics;
}

/** An adaptive limit never falls below this: with less it could not learn. */
const LEAST_CONCURRENCY = 2;
const SWEEP_MS = 100;

export function createUpstreamPlan(config: UpstreamConfig, world: UpstreamWorld): UpstreamPlan {
  const { clock, log, random } = world;
  const { name, panicBelow } = config;
  const metrics = world.metrics.lease();
  const hashKey = createHashKey(config.balance);

  const { concurrency } = config;
  const adaptive = concurrency.adaptive
    ? createAdaptiveLimit({ min: LEAST_CONCURRENCY, max: concurrency.max })
    : undefined;
  const { clientCredentials } = config;
  const clientToken =
    clientCredentials &&
    createClientToken(
      { upstream: name, token_endpoint: clientCredentials.endpoint },
      { ...world, fetchToken: createTokenFetcher(clientCredentials, world) },
    );
  const bulkhead = createBulkhead(concurrency, clock.monotonic, adaptive);

  const set = createTargetSet(config, { ...world, metrics, joined, recount });
  let targets = set.members();
  let balancer = createBalancer(config.balance.strategy, targets, random);
  let available = targets.length;
  let downSince = 0;
  function joined(members: readonly TargetPlan[]): void {
    targets = members;
    balancer = createBalancer(config.balance.strategy, targets, random);
    recount();
  }

  function recount(): void {
    const before = available;
    available = targets.filter((target) => target.isAvailable()).length;
    if (before > 0 && available === 0) {
      downSince = clock.monotonic();
      log('error', 'upstream_down', { upstream: name, targets: targets.length });
    } else if (before === 0 && available > 0) {
      log('info', 'upstream_back', { upstream: name, down_ms: clock.monotonic() - downSince });
    }
  }

  const stopSweeping = clock.every(SWEEP_MS, () => {
    const now = clock.monotonic();
    set.sweep(now);
    bulkhead.sweep();
  });

  // What `accepts` reads and leaves: a closure for each request would be garbage.
  let excluded: TargetPlan | undefined;
  let panics = false;
  let permit: Permit | undefined;
  function accepts(target: TargetPlan): boolean {
    if (target === excluded) return false;
    permit = target.acquire(panics);
    return permit !== undefined;
  }

  const plan: UpstreamPlan = {
    name,
    get targets() {
      return targets;
    },
    bulkhead,
    retries: createRetries(config.retry, random),
    clientToken,
    available: () => available,
    pick(passage, exclude) {
      excluded = exclude;
      panics = available < panicBelow * targets.length;
      const key = hashKey(passage);
      let target = balancer.pick(accepts, key);
      if (target === undefined && exclude !== undefined) {
        excluded = undefined;
        target = balancer.pick(accepts, key);
      }
      if (target !== undefined) return { target, permit: permit! };
      let waitMs = Number.POSITIVE_INFINITY;
      for (const one of targets) waitMs = Math.min(waitMs, one.retryAfterMs());
      return refuse('circuit_open', { retryAfterMs: waitMs });
    },
    start: () => clientToken?.start(),
    close() {
      stopSweeping();
      clientToken?.close();
      set.close();
      metrics.end();
    },
  };
  measureUpstream(metrics, plan);
  return plan;
}
