/**
 * The targets that an upstream has now. An address is one of them for good; a
 * name is as many as it has addresses, asked for again and again. A target is
 * known by its address: one that leaves the answer and comes back has the circuit
 * and the connections it had. Nothing here happens for a request.
 */
import type { Probe } from '../breaker/health.ts';
import { isLiteral } from '../config/addresses.ts';
import type { TargetConfig, UpstreamConfig } from '../config/config.ts';
import type { Metrics, MetricsLease } from '../log/metrics.ts';
import { measureName, measureTarget } from './measure-upstream.ts';
import { createTarget, type TargetPlan } from './target-plan.ts';
import { probeHealth, type HealthProbeOptions } from '../wire/health-probe.ts';
import { MOST_ADDRESSES, watchName, type NameWatch } from '../wire/name-watch.ts';
import { createResolver } from '../wire/resolve.ts';
import { createTargetTls } from '../wire/target-tls.ts';
import type { Target } from '../wire/upstream.ts';
import type { World } from '../world.ts';

export interface TargetSet {
  members(): readonly TargetPlan[];
  /** Called a few times a second with the monotonic time. */
  sweep(nowMs: number): void;
  close(): void;
}

export interface TargetSetParts extends World {
  readonly random: () => number;
  readonly metrics: Metrics;
  /** Told of each new set of members. */
  readonly joined: (members: readonly TargetPlan[]) => void;
  /** Told when one of them may have become available, or no longer is. */
  readonly recount: () => void;
}

/** A target that is, or may come back. */
interface Known {
  readonly target: TargetPlan;
  readonly series: MetricsLease;
  /** Monotonic; `undefined` while it is a member. */
  leftAt: number | undefined;
}

/** A name in the file: as many targets as it has addresses. */
interface Name {
  readonly config: TargetConfig;
  readonly watch: NameWatch;
  members: readonly Known[];
  /** Those that left and are remembered, too. */
  readonly byAddress: Map<string, Known>;
  isResolved: boolean;
}

/** So long an address that left the answer is remembered; answers that show a part each time come round sooner. */
const REMEMBERED_MS = 600_000;
const MOST_REMEMBERED = 256;

export function createTargetSet(upstream: UpstreamConfig, parts: TargetSetParts): TargetSet {
  const { clock, log, random, metrics } = parts;
  const tls = upstream.targets.some((target) => target.tls) ? createTargetTls(upstream.tls, parts) : undefined;
  const known = new Set<Known>();
  /** In the order of the file: an address, or a name with its addresses. */
  const places: readonly (Known | Name)[] = upstream.targets.map((config) =>
    isLiteral(config.host) ? open(config, `${config.host}:${config.port}`, config) : openName(config),
  );

  /** `checked`: it is where the checks can go, too. */
  function open(config: TargetConfig, name: string, target: Target, checked = true): Known {
    const tlsOf = config.tls ? () => tls!.optionsFor(config) : undefined;
    const plan = createTarget(
      upstream,
      { name, weight: config.weight, target, tls: tlsOf, probe: checked ? probeOf(config, target, tlsOf) : undefined },
      { ...parts, changed: parts.recount },
    );
    const series = metrics.lease();
    measureTarget(series, upstream.name, plan);
    const one: Known = { target: plan, series, leftAt: undefined };
    known.add(one);
    return one;
  }

  function probeOf(config: TargetConfig, target: Target, tlsOf: HealthProbeOptions['tls']): Probe | undefined {
    if (upstream.healthCheck === undefined) return undefined;
    const { path, statuses } = upstream.healthCheck;
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    const options = { target, host: `${host}:${config.port}`, path: config.basePath + path, statuses, tls: tlsOf };
    return (done) => probeHealth(options, done);
  }

  function openName(config: TargetConfig): Name {
    const { host } = config;
    const watch = watchName(host, {
      clock,
      random,
      resolve: parts.resolve ?? createResolver(),
      changed: (addresses) => renew(name, addresses),
      troubled(fault) {
        const where = { upstream: upstream.name, host };
        const keeping = name.isResolved ? name.members.length : 0;
        if (fault === undefined) log('info', 'name_resolved', where);
        else log('warn', 'name_unresolved', { ...where, fault, keeping });
      },
    });
    // Until the first answer, connections wait for it, and are one target.
    const first = open(config, `${host}:${config.port}`, { host, port: config.port, lookup: watch.lookup }, false);
    const name: Name = { config, watch, members: [first], byAddress: new Map(), isResolved: false };
    measureName(metrics, upstream.name, { host, watch });
    watch.tick(clock.monotonic());
    return name;
  }

  function renew(name: Name, addresses: readonly string[]): void {
    const { config, members: before, byAddress, isResolved } = name;
    const members = addresses.map((address) => {
      const target = { host: address, port: config.port };
      const one = byAddress.get(address) ?? open(config, `${config.host}:${config.port}/${address}`, target);
      byAddress.set(address, one);
      // A service that has only just started is cold.
      if (isResolved && !before.includes(one)) one.target.rampUp();
      one.leftAt = undefined;
      return one;
    });
    for (const one of before) if (!members.includes(one)) one.leftAt = clock.monotonic();
    name.members = members;
    name.isResolved = true;
    forgetOldest();
    log('info', 'targets_changed', {
      upstream: upstream.name,
      host: config.host,
      addresses: addresses.length,
      limited: addresses.length === MOST_ADDRESSES,
    });
    parts.joined(membersNow());
  }

  function membersNow(): readonly TargetPlan[] {
    return places.flatMap((place) => ('watch' in place ? place.members : [place]).map(({ target }) => target));
  }

  function forgetOldest(): void {
    const left = [...known].filter(({ leftAt }) => leftAt !== undefined).toSorted((a, b) => a.leftAt! - b.leftAt!);
    for (const one of left.slice(0, Math.max(0, left.length - MOST_REMEMBERED))) {
      if (one.target.underWay === 0) forget(one);
    }
  }

  function forget(one: Known): void {
    known.delete(one);
    for (const place of places) {
      if (!('watch' in place)) continue;
      for (const [address, other] of place.byAddress) if (other === one) place.byAddress.delete(address);
    }
    one.target.close();
    one.series.end();
  }

  return {
    members: membersNow,
    sweep(nowMs) {
      for (const place of places) if ('watch' in place) place.watch.tick(nowMs);
      for (const one of known) {
        const { target, leftAt } = one;
        if (leftAt === undefined) {
          target.sweep(nowMs);
          continue;
        }
        target.pool.sweep(nowMs);
        if (nowMs - leftAt >= REMEMBERED_MS && target.underWay === 0) forget(one);
      }
    },
    close() {
      for (const place of places) if ('watch' in place) place.watch.close();
      for (const one of known) forget(one);
      tls?.close();
    },
  };
}
