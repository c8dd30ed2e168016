/**
 * The real gateway on a port of its own, from configuration text. What it logs
 * is kept, so that a test can look at it.
 */
import { readFileSync } from 'node:fs';
import { formatFault } from '../../src/config/faults.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { ReloadOutcome } from '../../src/running/reload.ts';
import { runGateway, type Running } from '../../src/running/run.ts';
import { systemClock, type Clock, type LogLevel, type World } from '../../src/world.ts';

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
  /** Has it read its configuration again, with `yaml` in the place of what it was started with. */
  reloadWith(yaml: string): Promise<ReloadOutcome>;
}

export interface TestGatewayOptions {
  readonly clock?: Clock;
  readonly env?: Record<string, string>;
  /** Further keys of `admin`, in flow style. */
  readonly admin?: string;
  /** From 0 up to 1; always 0 unless a test says otherwise, so that times are exact. */
  readonly random?: () => number;
  readonly resolve?: World['resolve'];
}

/** `yaml` needs no `listen`: the gateway listens on a free port of loopback, and so does its admin side. */
export async function startGateway(yaml: string, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const front = `listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0, ${options.admin ?? ''} }\n`;
  const source = { readFile: (path: string) => readFileSync(path), wall: systemClock.wall, env: options.env ?? {} };
  let text = `${front}${yaml}`;
  const loaded = parseConfig(text, 'test.yaml', source);
  if (loaded.config === undefined) throw new Error(`\n${loaded.faults.map(formatFault).join('\n')}\n${text}`);
  const events: LogEvent[] = [];
  let access = '';
  const running = await runGateway(loaded.config, {
    clock: options.clock ?? systemClock,
    random: options.random ?? (() => 0),
    resolve: options.resolve,
    load: (inPlace) => parseConfig(text, 'test.yaml', { ...source, running: inPlace }),
    log: (level, event, fields = {}) => void events.push({ level, event, fields }),
    accessSink(bytes, offset, done) {
      access += Buffer.from(bytes.subarray(offset)).toString('utf8');
      done(null, bytes.length - offset);
    },
  });
  return {
    ...running,
    get plan() {
      return running.plan;
    },
    reloadWith(changed) {
      text = `${front}${changed}`;
      return running.reload();
    },
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
