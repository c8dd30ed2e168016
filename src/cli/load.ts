/** FILE, as every command that reads a configuration takes it. */
import { type ConfigSource, loadConfig, type LoadedConfig, parseConfig } from '../config/load.ts';
import { type Terminal, UsageError } from './terminal.ts';

/** `-` is standard input; without FILE it is `gatehouse.yaml`. */
export function loadFile(file: string | undefined, terminal: Pick<Terminal, 'readInput'> & ConfigSource): LoadedConfig {
  if (file === '-') return parseConfig(terminal.readInput(), '<stdin>', terminal);
  return loadConfig(file ?? 'gatehouse.yaml', terminal);
}

/** For `parseArgs`, whose own complaint about too many is not in our words. */
export function oneFile(positionals: readonly string[]): string | undefined {
  if (positionals.length > 1) throw new UsageError(`one FILE at a time, not ${positionals.length}`);
  return positionals[0];
}
