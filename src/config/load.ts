/**
 * The way in: text to a frozen `Config`, or to every fault there is in it. Never
 * throws, whatever the text; a reload depends on that.
 */
import type { Config } from './config.ts';
import { byPlace, type Fault } from './faults.ts';
import { fit } from './issues.ts';
import { resolveFile } from './resolve-file.ts';
import { fileSchema } from './schema.ts';
import { type Reading, readSource, unreadable } from './source.ts';
import type { Environment } from './values.ts';

/** The world that a configuration may look at. */
export interface ConfigSource {
  /** As `fs.readFileSync`: throws where there is nothing to read. */
  readFile(path: string): string | Uint8Array;
  readonly env: Environment;
}

export type LoadedConfig =
  | { readonly config: Config; readonly warnings: readonly Fault[] }
  | { readonly config?: undefined; readonly faults: readonly Fault[] };

export function loadConfig(path: string, source: ConfigSource): LoadedConfig {
  let bytes: string | Uint8Array;
  try {
    bytes = source.readFile(path);
  } catch (error) {
    return finish(undefined, unreadable(path, whyUnread((error as NodeJS.ErrnoException | null)?.code)));
  }
  return parseConfig(bytes, path, source);
}

const WHY_UNREAD: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; name the configuration, or write one',
  EISDIR: 'this is a directory; name the file in it',
  EACCES: 'the file may not be read; give this user leave to read it',
  EPERM: 'the file may not be read; give this user leave to read it',
};

function whyUnread(code = 'no reason given'): string {
  return WHY_UNREAD[code] ?? `the file cannot be read (${code}); see whether it is a plain file`;
}

export function parseConfig(text: string | Uint8Array, file: string, source: Pick<ConfigSource, 'env'>): LoadedConfig {
  const reading = readSource(text, file, source.env);
  const value = reading.value === undefined ? undefined : fit(fileSchema, reading.value, reading.report);
  return finish(value && resolveFile(value, file, reading.report), reading);
}

function finish(config: Config | undefined, { report }: Reading): LoadedConfig {
  const seen = new Set<string>();
  // What stands under an alias is checked wherever the alias is used, and said once.
  const faults = report.faults.toSorted(byPlace).filter((fault) => {
    const key = `${fault.line}:${fault.column}:${fault.message}`;
    return !seen.has(key) && seen.add(key);
  });
  const wrong = config === undefined || faults.some(({ severity }) => severity === 'error');
  return wrong ? { faults } : { config: deepFreeze(config), warnings: faults };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
