/**
 * One target of an upstream at run time: its pool of connections, its circuit,
 * and how much of its weight counts. A request that is given a permit is counted
 * as under way until one of the five that end it.
 */
import type { Candidate } from '../breaker/balance.ts';
import { createBreaker, type Breaker, type BreakerState, type Permit } from '../breaker/breaker.ts';
import { createHealth, type Health, type Probe } from '../breaker/health.ts';
import type { UpstreamConfig } from '../config/config.ts';
import { createPool, type Pool, type PoolOptions } from '../wire/pool.ts';
import type { World } from '../world.ts';

/** Where a target is. */
export interface Endpoint {
  readonly name: string;
  readonly weight: number;
  readonly target: PoolOptions['target'];
  readonly tls: PoolOptions['tls'];
  /** Absent where it is not checked. */
  readonly probe: Probe | undefined;
}

export interface TargetPlan extends Candidate {
  readonly pool: Pool;
  /** Absent where the upstream has none. */
  readonly breaker: Breaker | undefined;
  /** Absent where it is not checked. */
  readonly health: Health | undefined;
  /** Whether it has requests as a matter of course: its circuit is closed, and its checks are passed. */
  isAvailable(): boolean;
  /** How long until it may have one. */
  retryAfterMs(): number;
  /** A permit for one request; `anyway`: also where the target is not available, and then the outcome proves nothing. */
  acquire(anyway: boolean): Permit | undefined;
  /** Whether an answer with this status is a failure of the target. */
  isFailure(status: number): boolean;
  /** The request is over and the target answered, `tookMs` after it was sent. */
  success(permit: Permit, tookMs: number): void;
  /** The request is over and the target is to blame. */
  failure(permit: Permit): void;
  /** The request is over and says nothing of the target. */
  release(permit: Permit): void;
  /** The target answered, and the request goes on until `done`: only its load counts still. */
  answered(permit: Permit, tookMs: number): void;
  done(): void;
  /** Its share is small, and grows from now on. */
  rampUp(): void;
  /** Called a few times a second with the monotonic time. */
  sweep(now: number): void;
  close(): void;
}

/** No breaker has given it, so none hears of its outcome. */
const UNJUDGED: Permit = -1;
/** What a target that came back begins with: enough to be found out by, and too little to hurt. */
const FIRST_SHARE = 0.1;

/** `changed` is told when it may have become available, or no longer is. */
export function createTarget(
  upstream: UpstreamConfig,
  { name, weight, target, tls, probe }: Endpoint,
  { clock, log, random, changed }: World & { readonly random: () => number; readonly changed: () => void },
): TargetPlan {
  const { circuitBreaker, healthCheck, rampUpMs, timeouts } = upstream;
  const failureStatuses = new Set(circuitBreaker?.failureStatuses);
  let underWay = 0;
  let share = 1;
  /** Monotonic; meaningful while the share is less than 1. */
  let rampsSince = 0;

  function rampUp(): void {
    if (rampUpMs === 0) return;
    rampsSince = clock.monotonic();
    share = FIRST_SHARE;
  }

  function circuitChanged(state: BreakerState, reason: string): void {
    log(state === 'open' ? 'warn' : 'info', 'circuit_changed', {
      upstream: upstream.name,
      target: name,
      state,
      reason,
    });
    if (state === 'closed') rampUp();
    changed();
  }

  function healthChanged(healthy: boolean, fault: string | undefined): void {
    const level = healthy ? 'info' : 'warn';
    log(level, 'target_health_changed', { upstream: upstream.name, target: name, healthy, fault });
    if (healthy) rampUp();
    changed();
  }

  const health = healthCheck && probe && createHealth(healthCheck, { clock, random, probe, changed: healthChanged });
  const breaker = circuitBreaker && createBreaker(circuitBreaker, { clock, random, changed: circuitChanged });
  const pool = createPool({
    target,
    tls,
    maxConnections: upstream.maxConnections,
    keepAliveMs: upstream.keepAliveMs,
    connectMs: timeouts.connectMs,
    responseMs: timeouts.responseMs,
    idleMs: timeouts.idleMs,
    now: clock.monotonic,
  });

  return {
    name,
    weight,
    get share() {
      return share;
    },
    get underWay() {
      return underWay;
    },
    pool,
    breaker,
    health,
    isAvailable: () => health?.isUp() !== false && (breaker === undefined || breaker.state() === 'closed'),
    retryAfterMs: () => Math.max(breaker?.retryAfterMs() ?? 0, health?.isUp() === false ? health.nextInMs() : 0),
    acquire(anyway) {
      if (!anyway && health?.isUp() === false) return undefined;
      const permit = (breaker === undefined ? UNJUDGED : breaker.acquire()) ?? (anyway ? UNJUDGED : undefined);
      if (permit !== undefined) underWay++;
      return permit;
    },
    isFailure: (status) => failureStatuses.has(status),
    success(permit, tookMs) {
      underWay--;
      breaker?.success(permit, tookMs);
    },
    failure(permit) {
      underWay--;
      breaker?.failure(permit);
    },
    release(permit) {
      underWay--;
      breaker?.release(permit);
    },
    answered: (permit, tookMs) => breaker?.success(permit, tookMs),
    done() {
      underWay--;
    },
    rampUp,
    sweep(now) {
      pool.sweep(now);
      health?.tick(now);
      if (share < 1) share = Math.min(1, FIRST_SHARE + ((1 - FIRST_SHARE) * (now - rampsSince)) / rampUpMs);
    },
    close() {
      health?.close();
      pool.close();
    },
  };
}
