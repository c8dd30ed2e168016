/**
 * Durations, sizes, rates and ratios as they are written, and as numbers. The
 * patterns also stand in the JSON Schema, so an editor refuses what we refuse.
 */
import type { Quota } from './config.ts';

const MS = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, hour: 3_600_000, d: 86_400_000, day: 86_400_000 };
const BYTES = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

export const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;
export const SIZE = /^(\d{1,9})(b|kb|mb|gb)$/;
export const RATE = /^(\d{1,9})\/(\d{1,5})?(s|m|min|h|hour|d|day)$/;
export const RATIO = /^(\d{1,3}(?:\.\d{1,3})?)%$/;

/** Milliseconds in `30s`, `10m`, `1h`, `500ms`. */
export function durationMs(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? unmatched(text);
  return Number(count) * MS[unit as keyof typeof MS];
}

/** Bytes in `64kb`, `1mb`; a kilobyte is 1024. */
export function sizeBytes(text: string): number {
  const [, count, unit] = SIZE.exec(text) ?? unmatched(text);
  return Number(count) * BYTES[unit as keyof typeof BYTES];
}

/** `10/min`, `5/s`, `1000/hour`, `20/10s`. */
export function quotaOf(text: string): Quota {
  const [, requests, count, unit] = RATE.exec(text) ?? unmatched(text);
  return { requests: Number(requests), windowMs: Number(count ?? 1) * MS[unit as keyof typeof MS] };
}

/** 0.5 for `50%`. */
export function ratioOf(text: string): number {
  const [, percent] = RATIO.exec(text) ?? unmatched(text);
  return Number(percent) / 100;
}

/** `60/min`, `20/10s`: how a quota is shown. */
export function formatQuota({ requests, windowMs }: Quota): string {
  const [unit, ms] = (
    [
      ['day', MS.day],
      ['hour', MS.hour],
      ['min', MS.min],
      ['s', MS.s],
    ] as const
  ).find(([, each]) => windowMs % each === 0)!;
  const count = windowMs / ms;
  return `${requests}/${count === 1 ? '' : count}${unit}`;
}

/** `30s`, `10m`: how a duration is shown. */
export function formatDuration(ms: number): string {
  return formatIn(['ms', 's', 'm', 'h', 'd'], MS, ms);
}

/** `64kb`, `10mb`: how a size is shown. */
export function formatSize(bytes: number): string {
  return formatIn(['b', 'kb', 'mb', 'gb'], BYTES, bytes);
}

/** In the largest of the units, smallest first, of which it is a whole number. */
function formatIn<U extends string>(units: readonly U[], sizes: Readonly<Record<U, number>>, amount: number): string {
  const unit = units.findLast((one) => amount % sizes[one] === 0 && amount >= sizes[one]) ?? units[0]!;
  return `${amount / sizes[unit]}${unit}`;
}

/** The schema has matched every text that comes here. */
function unmatched(text: string): never {
  throw new Error(`not in the form the schema asks for: ${text}`);
}
