/**
 * The real gateway on a port of its own, from configuration text. What it logs
 * is kept, so that a test can look at it.
 */
import { readFileSync } from 'node:fs';
import { formatFault } from '../../src/config/faults.ts';
import { parseConfig } from '../../src/config/load.ts';
import { runGateway, type Running } from '../../src/run.ts';
import { systemClock, type Clock, type LogLevel } from '../../src/world.ts';

export interface LogEvent {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface TestGateway extends Running {
  /** The access lines of `count` requests, once that many are written. */
  accessLines(count: number): Promise<Record<string, unknown>[]>;
  /** All access text so far, as written. */
  accessText(): string;
  readonly events: readonly LogEvent[];
}

export interface TestGatewayOptions {
  readonly clock?: Clock;
  readonly env?: Record<string, string>;
  /** Further keys of `admin`, in flow style. */
  readonly admin?: string;
}

/** `yaml` needs no `listen`: the gateway listens on a free port of loopback, and so does its admin side. */
export async function startGateway(yaml: string, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const text = `listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0, ${options.admin ?? ''} }\n${yaml}`;
  const loaded = parseConfig(text, 'test.yaml', {
    readFile: (path) => readFileSync(path),
    wall: systemClock.wall,
    env: options.env ?? {},
  });
  if (loaded.config === undefined) throw new Error(`\n${loaded.faults.map(formatFault).join('\n')}\n${text}`);
  const events: LogEvent[] = [];
  let access = '';
  const running = await runGateway(loaded.config, {
    clock: options.clock ?? systemClock,
    log: (level, event, fields = {}) => void events.push({ level, event, fields }),
    accessSink(bytes, offset, done) {
      access += Buffer.from(bytes.subarray(offset)).toString('utf8');
      done(null, bytes.length - offset);
    },
  });
  return {
    ...running,
    events,
    accessText: () => access,
    async accessLines(count) {
      for (;;) {
        const lines = access.split('\n').slice(0, -1);
        if (lines.length >= count) return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    close: (graceMs = 0) => running.close(graceMs),
  };
}
