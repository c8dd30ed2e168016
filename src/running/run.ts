/**
 * A configuration, running: the plan, the listener before it, the log behind it
 * and the admin port beside it. What the `run` command starts, and what the
 * tests start too. A new configuration is put in place by one assignment, so a
 * request sees the whole of one or the whole of the other.
 */
import { createAdmin } from '../admin/admin.ts';
import { createAdminTokenCheck } from '../admin/admin-token.ts';
import { createControl } from '../admin/control.ts';
import { changesBetween } from '../config/changes.ts';
import type { Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { ControlRoute } from '../control.ts';
import { openDoors, type Doors } from './doors.ts';
import { createEditions } from './editions.ts';
import { createKeep } from './keep.ts';
import { createLineWriter, openSink, type Sink } from '../log/line-writer.ts';
import { createMetrics } from '../log/metrics.ts';
import { measureCertificates } from './measure.ts';
import type { Link } from '../passage.ts';
import type { Plan } from '../plan.ts';
import { readiness } from './readiness.ts';
import { createReloader, type ReloadOutcome } from './reload.ts';
import { reloadRoute } from './reload-route.ts';
import { createRefusals } from '../why/refusals.ts';
import { whyRoute } from '../why/why-route.ts';
import { createWireCounters } from '../wire/counters.ts';
import type { Serve } from '../wire/serve.ts';
import { callAfter, type World } from '../world.ts';

export interface Running {
  /** The one that serves now. */
  readonly plan: Plan;
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  readonly adminPort: number;
  /** Where requests are told to come again over TLS, if anywhere. */
  readonly redirectPort: number | undefined;
  /** Reads the configuration again. What cannot be used changes nothing. */
  reload(): Promise<ReloadOutcome>;
  /** How many parts there are that plans share: for whoever looks whether old ones are let go. */
  openParts(): number;
  /**
   * Stops as `drain` says, and lets go of everything. With `graceMs`: stops
   * accepting at once, and lets requests under way end for so long.
   */
  close(graceMs?: number): Promise<void>;
  /** Connections that were closed under a request because it had not ended in time. */
  cut(): number;
}

export interface RunParts extends World {
  /** Where access lines go, in place of what the configuration says. */
  readonly accessSink?: Sink;
  /** Reads the configuration again, for a reload; `running` is the one in place. Absent: it cannot change. */
  readonly load?: (running: Config) => LoadedConfig;
}

/** Rejects with the system's error when it cannot listen. */
export async function runGateway(first: Config, parts: RunParts): Promise<Running> {
  const { clock, log } = parts;
  const metrics = createMetrics();
  const keep = createKeep();
  const counters = createWireCounters();
  const sink = parts.accessSink ?? (first.log.access === 'off' ? undefined : openSink(first.log.access));
  const lines = sink === undefined ? undefined : createLineWriter(sink, clock);

  const refusals = createRefusals();
  const prepare = createEditions({ world: parts, metrics, keep, counters, lines, refusals });
  let serving = await prepare(first);
  const front: Serve<Link> = {
    opened: (...caller) => serving.opened(...caller),
    serve: (exchange) => serving.serve(exchange),
    refuseHead: (exchange, refusal) => serving.refuseHead(exchange, refusal),
  };

  async function apply(config: Config): Promise<readonly string[]> {
    const changed = changesBetween(serving.plan.config, config);
    const next = await prepare(config);
    try {
      doors?.use(config);
    } catch (error) {
      next.retire();
      throw error;
    }
    const before = serving;
    serving = next;
    next.plan.start();
    if (doors !== undefined) measureCertificates(next.plan.metrics, doors.certificates);
    before.retire();
    checkToken = createAdminTokenCheck(config.admin.tokenSha256);
    return changed;
  }

  let checkToken = createAdminTokenCheck(first.admin.tokenSha256);
  const reloader = createReloader({
    ...parts,
    metrics,
    load: () => parts.load?.(serving.plan.config) ?? { faults: [CANNOT_RELOAD] },
    apply,
  });

  let draining = false;
  const refusedByToken = metrics.counter(
    'gatehouse_admin_refused_total',
    'Requests to change something by the admin port that showed no good token.',
  );
  const controls = [reloadRoute(reloader.reload), whyRoute(refusals)];
  const control = createControl({
    check: (authorization) => checkToken(authorization),
    routes: () => [...controls, ...controlsOf(serving.plan)],
    refused: () => refusedByToken.add(1),
  });
  const admin = await createAdmin(first.admin, {
    metrics,
    ready: () => readiness(serving.plan, { draining, reload: reloader.state() }),
    control,
  });
  let doors: Doors | undefined;
  try {
    const doorParts = {
      addressKeyOf(remoteAddress: string) {
        const peer = serving.plan.openPeer(remoteAddress, 'http', undefined);
        return peer.trusted ? undefined : peer.addressKey;
      },
      isFull: () => serving.plan.pressure.isFull,
      dateLine: serving.plan.dateLine,
      counters,
      clock,
      log,
    };
    doors = await openDoors(first, doorParts, front);
  } catch (error) {
    serving.retire();
    await admin.close();
    await keep.settled();
    throw error;
  }
  measureCertificates(serving.plan.metrics, doors.certificates);
  serving.plan.start();

  const { port, address, redirectPort } = doors;
  return {
    get plan() {
      return serving.plan;
    },
    port,
    address,
    adminPort: admin.address.port,
    redirectPort,
    reload: reloader.reload,
    openParts: keep.size,
    cut: () => counters.drainsCut,
    async close(graceMs) {
      draining = true;
      const { delayMs, timeoutMs } = serving.plan.config.drain;
      if (graceMs === undefined && delayMs > 0) {
        doors.drain();
        await new Promise<void>((resolve) => callAfter(clock.every, delayMs, resolve));
      }
      await doors.close(graceMs ?? timeoutMs);
      serving.retire();
      await admin.close();
      await keep.settled();
      await lines?.close();
    },
  };
}

function controlsOf({ ownIssuer }: Plan): readonly ControlRoute[] {
  return ownIssuer === undefined ? [] : [ownIssuer.clientApi];
}

const CANNOT_RELOAD = {
  file: '<none>',
  line: 1,
  column: 1,
  severity: 'error',
  message: 'the configuration came from no file that could be read again; start the gateway with one',
} as const;
