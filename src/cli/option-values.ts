/** Values of options, as the commands about clients, keys and revocations read them. */
import { DURATION, durationMs } from '../config/units.ts';
import { UsageError } from './terminal.ts';

/** `--scope a --scope b` and `--scope 'a b'` are the same. */
export function words(values: readonly string[] | undefined): readonly string[] {
  return [...new Set((values ?? []).flatMap((value) => value.split(/[ ,]+/)).filter((word) => word !== ''))];
}

export function readDuration(option: string, text: string): number {
  if (!DURATION.test(text)) throw new UsageError(`--${option} is a duration as in \`30s\`, \`10m\` or \`24h\``);
  return durationMs(text);
}

const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** Milliseconds since 1970 at a time of RFC 3339, or at the beginning of a day in UTC. */
export function readTime(option: string, text: string): number {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new UsageError(`--${option} is a time with its zone as in \`2026-11-24T16:30:00Z\`, or a day`);
  }
  return ms;
}
