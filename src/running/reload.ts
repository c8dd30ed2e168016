/**
 * Reading the configuration again while the gateway runs. What is asked for
 * while a reading is under way is answered by one more, after it: so whoever
 * asks hears of a text no older than the question. What cannot be used is said
 * and remembered, and changes nothing.
 */
import type { Config } from '../config/config.ts';
import { type Fault, formatFault } from '../config/faults.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Metrics } from '../log/metrics.ts';
import { tested } from '../policy/tested.ts';
import type { World } from '../world.ts';

export type ReloadOutcome =
  | { readonly ok: true; readonly changed: readonly string[] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** How the last reading ended, for whoever looks. */
export interface ReloadState {
  readonly ok: boolean;
  /** ISO 8601. */
  readonly at: string;
  /** `file:line:column: message`, the first few; none where it is well. */
  readonly faults: readonly string[];
}

export interface Reloader {
  reload(): Promise<ReloadOutcome>;
  /** `undefined` before the first. */
  state(): ReloadState | undefined;
}

export interface ReloadParts extends World {
  readonly metrics: Metrics;
  /** Reads the text again. */
  readonly load: () => LoadedConfig;
  /** Puts a configuration in place; resolves with the sections that differ. Rejects having changed nothing. */
  readonly apply: (config: Config) => Promise<readonly string[]>;
}

/** What a page or a line has room for. */
const FAULTS_SHOWN = 5;

export function createReloader({ clock, log, metrics, load, apply }: ReloadParts): Reloader {
  let state: ReloadState | undefined;
  let loadedAt = clock.wall();
  let under: Promise<ReloadOutcome> | undefined;
  let next: Promise<ReloadOutcome> | undefined;
  const count = (result: string) =>
    metrics.counter('gatehouse_config_reloads_total', 'Readings of the configuration after the first.', { result });
  const [succeeded, failed] = [count('success'), count('failure')];
  metrics.gauge(
    'gatehouse_config_last_reload_successful',
    '0 while the text that was read last cannot be used, and an older one is in place.',
    {},
    () => (state?.ok === false ? 0 : 1),
  );
  metrics.gauge(
    'gatehouse_config_last_reload_success_timestamp_seconds',
    'When the configuration in place was read, in seconds since 1970.',
    {},
    () => loadedAt / 1000,
  );

  async function run(): Promise<ReloadOutcome> {
    const loaded = await tested(load());
    const at = new Date(clock.wall()).toISOString();
    if (loaded.config === undefined) return refuse(loaded.faults, at);
    try {
      const changed = await apply(loaded.config);
      loadedAt = clock.wall();
      state = { ok: true, at, faults: [] };
      succeeded.add(1);
      log('info', 'config_reloaded', { changed, warnings: loaded.warnings.map(formatFault) });
      return { ok: true, changed };
    } catch (error) {
      const message = `it cannot be put in place: ${error instanceof Error ? error.message : String(error)}`;
      return refuse([{ file: loaded.config.file, line: 1, column: 1, severity: 'error', message }], at);
    }
  }

  function refuse(faults: readonly Fault[], at: string): ReloadOutcome {
    const errors = faults.filter(({ severity }) => severity === 'error');
    state = { ok: false, at, faults: errors.slice(0, FAULTS_SHOWN).map(formatFault) };
    failed.add(1);
    log('error', 'config_reload_failed', { faults: state.faults, count: errors.length });
    return { ok: false, faults };
  }

  async function begin(): Promise<ReloadOutcome> {
    try {
      return await run();
    } finally {
      under = undefined;
    }
  }

  return {
    reload() {
      if (under === undefined && next === undefined) return (under = begin());
      next ??= under!.then(() => {
        next = undefined;
        return (under = begin());
      });
      return next;
    },
    state: () => state,
  };
}
