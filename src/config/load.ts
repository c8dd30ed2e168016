/**
 * The way in: text to a frozen `Config`, or to every fault there is in it. Never
 * throws, whatever the text; a reload depends on that.
 */
import { audit } from './audit.ts';
import type { Config } from './config.ts';
import { isWaived } from './waivers.ts';
import { byPlace, type Fault } from './faults.ts';
import { type Files, whyUnread } from './files.ts';
import { fit } from './issues.ts';
import { resolveFile } from './resolve-file.ts';
import { type PolicyTest, resolveTests } from './resolve-tests.ts';
import { reportRestartOnly } from './restart-only.ts';
import { fileSchema } from './schema.ts';
import { testsSchema } from './schema-tests.ts';
import { type Reading, readSource, unreadable } from './source.ts';
import type { Environment } from './values.ts';

/** The world that a configuration may look at. */
export interface ConfigSource extends Files {
  readonly env: Environment;
  /** The configuration that runs already: what cannot change while it does is a fault. */
  readonly running?: Config;
}

export type LoadedConfig =
  | {
      readonly config: Config;
      readonly warnings: readonly Fault[];
      /** Findings that a waiver lets pass. */
      readonly waived?: readonly Fault[];
    }
  | {
      readonly config?: undefined;
      readonly faults: readonly Fault[];
      /** What only rules of the audit, or its own tests, are against: to be looked at, not served. */
      readonly refused?: Config;
    };

export function loadConfig(path: string, source: ConfigSource): LoadedConfig {
  return configIn(readFrom(path, source, 'name the configuration, or write one'), path, source);
}

export function parseConfig(text: string | Uint8Array, file: string, source: ConfigSource): LoadedConfig {
  return configIn(readSource(text, file, source.env), file, source);
}

function configIn(reading: Reading, file: string, source: ConfigSource): LoadedConfig {
  const value = reading.value === undefined ? undefined : fit(fileSchema, reading.value, reading.report);
  const config = value && resolveFile(value, { file, files: source, report: reading.report });
  if (config !== undefined && source.running !== undefined) {
    reportRestartOnly(source.running, config, reading.report);
  }
  if (value !== undefined && config !== undefined && !hasErrors(reading.report.faults)) {
    audit(config, value, reading.report, source.wall());
  }
  return finish(config, reading);
}

/** The tests of a file that has nothing else. */
export function loadTests(
  file: string,
  source: ConfigSource,
): { readonly tests: readonly PolicyTest[]; readonly file: string } | { readonly faults: readonly Fault[] } {
  const reading = readFrom(file, source, 'name the tests, or write some');
  const value = reading.value === undefined ? undefined : fit(testsSchema, reading.value, reading.report);
  const tests = value === undefined ? [] : resolveTests(value.tests ?? [], reading.report);
  const faults = inOrder(reading.report.faults);
  return faults.length > 0 ? { faults } : { tests, file };
}

function readFrom(path: string, source: ConfigSource, missing: string): Reading {
  let bytes: string | Uint8Array;
  try {
    bytes = source.readFile(path);
  } catch (error) {
    return unreadable(path, whyUnread(error, missing));
  }
  return readSource(bytes, path, source.env);
}

function finish(config: Config | undefined, { report }: Reading): LoadedConfig {
  const all = inOrder(report.faults);
  const faults = all.filter((fault) => !isWaived(fault));
  if (config === undefined || faults.some((fault) => fault.severity === 'error' && fault.finding === undefined)) {
    return { faults };
  }
  deepFreeze(config);
  return hasErrors(faults) ? { faults, refused: config } : { config, warnings: faults, waived: all.filter(isWaived) };
}

function hasErrors(faults: readonly Fault[]): boolean {
  return faults.some(({ severity }) => severity === 'error');
}

function inOrder(all: readonly Fault[]): readonly Fault[] {
  const seen = new Set<string>();
  // What stands under an alias is checked wherever the alias is used, and said once.
  return all.toSorted(byPlace).filter((fault) => {
    const key = `${fault.line}:${fault.column}:${fault.message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
