import type { Clock } from '../world.ts';

/** Time stamps for log lines (RFC 3339, UTC, milliseconds). Formats once a second and appends three digits: about 20 ns. */
export function createTimestamp(): (wallMs: number) => string {
  let second = Number.NaN;
  let text = '';
  return (wallMs) => {
    const whole = Math.floor(wallMs / 1000);
    if (whole !== second) {
      second = whole;
      text = new Date(whole * 1000).toISOString().slice(0, -4);
    }
    const millis = Math.floor(wallMs) - whole * 1000;
    return `${text}${millis < 10 ? '00' : millis < 100 ? '0' : ''}${millis}Z`;
  };
}

/** The `Date` field (RFC 9110 §6.6.1) as a line. Formats once a second. */
export function createDateLine({ wall }: Pick<Clock, 'wall'>): () => string {
  let second = Number.NaN;
  let line = '';
  return () => {
    const now = Math.floor(wall() / 1000);
    if (now !== second) {
      second = now;
      line = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
    }
    return line;
  };
}
