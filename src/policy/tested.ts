/** The tests of a configuration, before it is served. What runs them is loaded where there are any: a gateway without holds nothing of it. */
import type { LoadedConfig } from '../config/load.ts';

/** What was read, if it passes its own tests; else their failures are its faults. */
export async function tested(loaded: LoadedConfig): Promise<LoadedConfig> {
  if (loaded.config === undefined || loaded.config.tests.length === 0) return loaded;
  const { runTests } = await import('./run-tests.ts');
  const faults = await runTests(loaded.config, loaded.config);
  return faults.length === 0 ? loaded : { faults: [...loaded.warnings, ...faults], refused: loaded.config };
}
