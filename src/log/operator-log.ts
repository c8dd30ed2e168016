/** The operator's log: one JSON line an event, `time`, `level` and `event` first. Below `least` it costs one comparison. */
import type { Clock, Log, LogLevel } from '../world.ts';
import { jsonText } from './json-text.ts';
import { createTimestamp } from './time.ts';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export function createLog(write: (line: string) => void, least: LogLevel, clock: Pick<Clock, 'wall'>): Log {
  const timestamp = createTimestamp();
  return (level, event, fields = {}) => {
    if (RANK[level] < RANK[least]) return;
    let line = `{"time":"${timestamp(clock.wall())}","level":"${level}","event":${jsonText(event)}`;
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) line += `,${jsonText(name)}:${valueText(value)}`;
    }
    write(`${line}}\n`);
  };
}

function valueText(value: unknown, depth = 0): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null';
  if (typeof value === 'boolean' || value === null || value === undefined) return String(value ?? null);
  if (typeof value === 'string') return jsonText(value);
  if (value instanceof Error) return jsonText(errorText(value));
  if (typeof value !== 'object') return jsonText(typeof value === 'bigint' ? String(value) : typeof value);
  // Deep enough for a list of targets, and a cycle ends.
  if (depth === 3) return '"..."';
  if (Array.isArray(value)) return `[${value.map((item) => valueText(item, depth + 1)).join(',')}]`;
  const members = Object.entries(value).map(([name, item]) => `${jsonText(name)}:${valueText(item, depth + 1)}`);
  return `{${members.join(',')}}`;
}

/** Node's `fetch` says what went wrong in the cause alone. */
function errorText({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
