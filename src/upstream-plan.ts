/**
 * An upstream at run time: its targets, each with a pool of connections and a
 * circuit of its own, and the choice among them. A target whose circuit is open
 * is passed over; when all are, the caller hears when the next probe may be.
 */
import { createBalancer } from './breaker/balance.ts';
import { createBreaker, type Breaker, type Permit } from './breaker/breaker.ts';
import { createAdaptiveLimit } from './breaker/adaptive-limit.ts';
import { createBulkhead, type Bulkhead } from './breaker/bulkhead.ts';
import { createRetries, type Retries } from './breaker/retries.ts';
import type { UpstreamConfig } from './config/config.ts';
import type { Passage } from './passage.ts';
import { refuse, type Refusal } from './refusal.ts';
import { createPool, type Pool } from './wire/pool.ts';
import { createTargetTls } from './wire/target-tls.ts';
import type { World } from './world.ts';

export interface TargetPlan {
  /** `host:port`. */
  readonly name: string;
  readonly pool: Pool;
  /** Absent where the upstream configures none. */
  readonly breaker: Breaker | undefined;
  /** The request is over and the target answered. */
  success(permit: Permit): void;
  /** The request is over and the target is to blame. */
  failure(permit: Permit): void;
  /** The request is over and says nothing of the target. */
  release(permit: Permit): void;
  /** The target answered, and the request goes on until `done`: only its load counts still. */
  answered(permit: Permit): void;
  done(): void;
}

/** A target and the permit of its circuit, which must be given back once. */
export interface Picked {
  readonly target: TargetPlan;
  readonly permit: Permit;
}

export interface UpstreamPlan {
  readonly name: string;
  readonly targets: readonly TargetPlan[];
  /** The places for requests under way, whichever target has them. */
  readonly bulkhead: Bulkhead;
  readonly retries: Retries;
  /** A target for a request; another than `exclude`, which it was sent to already, where there is another. */
  pick(passage: Passage, exclude?: TargetPlan): Picked | Refusal;
  close(): void;
}

/** An adaptive limit never falls below this: with less it could not learn. */
const LEAST_CONCURRENCY = 2;
const SWEEP_MS = 100;
/** What stands for a permit where there is no breaker. */
const UNGUARDED: Permit = 0;

export function createUpstreamPlan(config: UpstreamConfig, world: World): UpstreamPlan {
  const { clock, log } = world;
  const { circuitBreaker, timeouts } = config;
  const tls = config.targets.some((target) => target.tls) ? createTargetTls(config.tls, world) : undefined;
  const balancer = createBalancer(config.balance, config.targets.length);

  const targets = config.targets.map((target, at): TargetPlan => {
    const name = `${target.host}:${target.port}`;
    const breaker =
      circuitBreaker &&
      createBreaker(circuitBreaker, clock, (state) =>
        log(state === 'open' ? 'warn' : 'info', 'circuit_changed', { upstream: config.name, target: name, state }),
      );
    return {
      name,
      breaker,
      pool: createPool({
        target,
        tls: target.tls ? () => tls!.optionsFor(target) : undefined,
        maxConnections: config.maxConnections,
        keepAliveMs: config.keepAliveMs,
        connectMs: timeouts.connectMs,
        responseMs: timeouts.responseMs,
        idleMs: timeouts.idleMs,
        now: clock.monotonic,
      }),
      success(permit) {
        balancer.done(at);
        breaker?.success(permit);
      },
      failure(permit) {
        balancer.done(at);
        breaker?.failure(permit);
      },
      release(permit) {
        balancer.done(at);
        breaker?.release(permit);
      },
      answered: (permit) => breaker?.success(permit),
      done: () => balancer.done(at),
    };
  });

  const { concurrency } = config;
  const adaptive = concurrency.adaptive
    ? createAdaptiveLimit({ min: LEAST_CONCURRENCY, max: concurrency.max })
    : undefined;
  const bulkhead = createBulkhead(concurrency, clock.monotonic, adaptive);

  const stopSweeping = clock.every(SWEEP_MS, () => {
    const now = clock.monotonic();
    bulkhead.sweep();
    for (const { pool } of targets) pool.sweep(now);
  });

  let permit: Permit | undefined = UNGUARDED;
  let excluded: TargetPlan | undefined;
  function accepts(at: number): boolean {
    const target = targets[at]!;
    if (target === excluded) return false;
    const { breaker } = target;
    permit = breaker === undefined ? UNGUARDED : breaker.acquire();
    return permit !== undefined;
  }

  return {
    name: config.name,
    targets,
    bulkhead,
    retries: createRetries(config.retry, Math.random),
    pick(_passage, exclude) {
      excluded = exclude;
      let at = balancer.pick(accepts);
      if (at === -1 && exclude !== undefined) {
        excluded = undefined;
        at = balancer.pick(accepts);
      }
      if (at !== -1) return { target: targets[at]!, permit: permit! };
      const waitMs = Math.min(...targets.map(({ breaker }) => breaker?.retryAfterMs() ?? 0));
      return refuse('circuit_open', { retryAfterMs: waitMs });
    },
    close() {
      stopSweeping();
      tls?.close();
      for (const { pool } of targets) pool.close();
    },
  };
}
