/** How values of the configuration are written in a difference, and which way they are weaker. */
import { formatDuration, formatQuota, formatSize } from '../config/units.ts';
import type { Quota } from '../config/config.ts';
import type { ValueForm } from './change.ts';

type Limited<T> = T | undefined;

/** The longer, the weaker; absent is without end. */
export const DURATION_FORM: ValueForm<Limited<number>> = {
  text: (ms) => (ms === undefined || !Number.isFinite(ms) ? 'none' : formatDuration(ms)),
  isWeaker: (before, after) => (after ?? Number.POSITIVE_INFINITY) > (before ?? Number.POSITIVE_INFINITY),
};

/** Bytes: the more, the weaker. */
export const SIZE_FORM: ValueForm<number> = {
  text: formatSize,
  isWeaker: (before, after) => after > before,
};

/** More requests a second are weaker; absent is without end. */
export const QUOTA_FORM: ValueForm<Limited<Quota>> = {
  text: (quota) => (quota === undefined ? 'none' : formatQuota(quota)),
  isWeaker: (before, after) => perSecond(after) > perSecond(before),
};

/** What is on protects. */
export const GUARD_FORM: ValueForm<boolean> = {
  text: (on) => (on ? 'on' : 'off'),
  isWeaker: (before, after) => before && !after,
};

/** What is on lets more through. */
export const PERMISSION_FORM: ValueForm<boolean> = {
  text: (on) => (on ? 'on' : 'off'),
  isWeaker: (before, after) => !before && after,
};

function perSecond(quota: Limited<Quota>): number {
  return quota === undefined ? Number.POSITIVE_INFINITY : quota.requests / quota.windowMs;
}
