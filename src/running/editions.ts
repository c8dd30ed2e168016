/** Makes a configuration ready to serve: all that follows from it, shared with the one before where both say the same. */
import type { Config } from '../config/config.ts';
import { takeOwnIssuer } from '../issuer/take-own-issuer.ts';
import type { LineWriter } from '../log/line-writer.ts';
import type { Metrics } from '../log/metrics.ts';
import { createPlan } from '../plan.ts';
import { createRecord } from '../record.ts';
import type { WireCounters } from '../wire/counters.ts';
import type { Refusals } from '../why/refusals.ts';
import type { World } from '../world.ts';
import type { Keep } from './keep.ts';
import { measure } from './measure.ts';
import { createServing, type Serving } from './serving.ts';

export interface EditionParts {
  readonly world: World;
  readonly metrics: Metrics;
  readonly keep: Keep;
  readonly counters: WireCounters;
  /** Absent where no access line is written. */
  readonly lines: LineWriter | undefined;
  /** Those that may be asked about. */
  readonly refusals: Refusals;
}

/** Each that is made is ready to serve and does not serve yet. Rejects having kept nothing. */
export function createEditions({
  world,
  metrics,
  keep,
  counters,
  lines,
  refusals,
}: EditionParts): (config: Config) => Promise<Serving> {
  let edition = 0;
  return async function prepare(config) {
    const lease = keep.lease();
    const series = metrics.lease();
    function letGo(): void {
      lease.end();
      series.end();
    }
    try {
      const ownIssuer = await takeOwnIssuer(config, lease, { ...world, metrics });
      const plan = createPlan(config, { ...world, metrics: series, ownIssuer, lease, edition: ++edition });
      measure(plan, counters, lines);
      // Nobody could ask without the token.
      const kept = config.admin.tokenSha256 === undefined ? undefined : refusals;
      return createServing(plan, createRecord(plan, lines?.write, kept), letGo);
    } catch (error) {
      letGo();
      throw error;
    }
  };
}
