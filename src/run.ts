/**
 * A configuration, running: the plan, the listener before it and the log behind
 * it. What the `run` command starts, and what the tests start too.
 */
import type { Config } from './config/config.ts';
import { createGateway } from './gateway.ts';
import { createLineWriter, openSink, type Sink } from './log/line-writer.ts';
import { createPlan, type Plan } from './plan.ts';
import { createRecord } from './record.ts';
import { createWireCounters } from './wire/counters.ts';
import { listen } from './wire/listener.ts';
import type { World } from './world.ts';

export interface Running {
  readonly plan: Plan;
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  /** Stops accepting, lets requests under way end for up to `graceMs`, and lets go of everything. */
  close(graceMs?: number): Promise<void>;
}

export interface RunParts extends World {
  /** Where access lines go, in place of what the configuration says. */
  readonly accessSink?: Sink;
}

const GRACE_MS = 10_000;

/** Rejects with the system's error when it cannot listen. */
export async function runGateway(config: Config, parts: RunParts): Promise<Running> {
  const { clock } = parts;
  const plan = createPlan(config, parts);
  const sink = parts.accessSink ?? (config.log.access === 'off' ? undefined : openSink(config.log.access));
  const lines = sink === undefined ? undefined : createLineWriter(sink, clock);
  const record = createRecord((line) => lines?.write(line), { clock, sensitiveQuery: config.log.sensitiveQuery });
  const counters = createWireCounters();
  const { limits, timeouts } = config;
  const listener = await listen(
    {
      ...config.listen,
      maxConnections: limits.maxConnections,
      counters,
      clock,
      settings: { ...limits, ...timeouts },
    },
    createGateway(plan, record),
  );
  plan.start();
  return {
    plan,
    port: listener.port,
    address: listener.address,
    async close(graceMs = GRACE_MS) {
      await listener.close(graceMs);
      plan.close();
      await lines?.close();
    },
  };
}
