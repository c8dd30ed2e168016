/** `gatehouse replay`: what a configuration would have made of the requests of a log. Nothing is sent. */
import { parseArgs } from 'node:util';
import { formatFault } from '../config/faults.ts';
import { whyUnread } from '../config/files.ts';
import { RATIO, ratioOf } from '../config/units.ts';
import { createOfflinePlan } from '../explain/offline-plan.ts';
import { readLogLine } from '../replay/log-line.ts';
import { createReplay } from '../replay/replay.ts';
import { reportOf } from '../replay/report.ts';
import { loadFile, oneFile } from './load.ts';
import { type LogInput, openLog } from './log-input.ts';
import { printJson } from './print.ts';
import { createProgress } from './progress.ts';
import { replayText } from './replay-text.ts';
import { type Command, type Terminal, UsageError } from './terminal.ts';

type Claims = Readonly<Record<string, unknown>>;

const BROKEN_NAMED = 5;

export const replayCommand: Command = {
  usage: 'replay [FILE] --log LOG  who of an access log would have been refused, and which quotas would do',
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        log: { type: 'string' },
        callers: { type: 'string' },
        target: { type: 'string', default: '0.1%' },
        top: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
      },
    });
    const file = oneFile(positionals);
    if (values.log === undefined) throw new UsageError('--log says which log: a file, or `-` for standard input');
    if (!RATIO.test(values.target)) throw new UsageError('--target is a share as in `0.1%`');
    if (!/^\d{1,4}$/.test(values.top)) throw new UsageError('--top is a number from 0 to 9999');
    const [target, top] = [ratioOf(values.target), Number(values.top)];
    if (target > 1) throw new UsageError('--target is at most 100%');
    const loaded = loadFile(file, terminal);
    if (loaded.config === undefined) {
      for (const fault of loaded.faults) terminal.err(`${formatFault(fault)}\n`);
      return 1;
    }
    const claims = values.callers === undefined ? undefined : readCallers(values.callers, terminal);
    if (typeof claims === 'string') return fail(terminal, claims);
    let input: LogInput;
    try {
      input = openLog(values.log);
    } catch (error) {
      return fail(terminal, `${values.log}: ${whyNotRead(error)}`);
    }

    const offline = createOfflinePlan(loaded.config, { wallMs: 0 });
    const replay = createReplay(offline, (subject) => claims?.[subject]);
    const broken: number[] = [];
    let lines = 0;
    let brokenCount = 0;
    const progress = process.stderr.isTTY ? createProgress(terminal.err, input.bytes) : undefined;
    try {
      await input.read(
        (line) => {
          lines++;
          if (line === '' || line === '\r') return;
          const request = readLogLine(line);
          if (request !== undefined) return replay.take(request);
          if (++brokenCount <= BROKEN_NAMED) broken.push(lines);
        },
        (bytes) => progress?.update(bytes),
      );
    } catch (error) {
      return fail(terminal, `${values.log}: ${whyNotRead(error)}`);
    } finally {
      progress?.end();
      offline.close();
    }
    const report = reportOf(replay, { target, top });
    if (brokenCount > 0) {
      const named = `${broken.join(', ')}${brokenCount > BROKEN_NAMED ? ', …' : ''}`;
      terminal.err(
        `${values.log}: ${brokenCount} lines are no lines of an access log and were passed over: ${named}\n`,
      );
    }
    if (values.json) printJson(terminal, { ...report, broken_lines: brokenCount });
    else terminal.out(replayText(report, target));
    return report.requests === 0 && brokenCount > 0 ? 1 : 0;
  },
};

/** From subject to claims, or what is wrong with the file. */
function readCallers(path: string, terminal: Pick<Terminal, 'readFile'>): Readonly<Record<string, Claims>> | string {
  const form = 'it must be JSON as in `{ "user-1": { "plan": "paid" } }`';
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(terminal.readFile(path)).toString());
  } catch (error) {
    return error instanceof SyntaxError
      ? `${path}: ${form}`
      : `${path}: ${whyUnread(error, 'name the claims of callers')}`;
  }
  if (!isMap(value) || !Object.values(value as object).every(isMap)) return `${path}: ${form}`;
  return Object.assign(Object.create(null), value) as Record<string, Claims>;
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(terminal: Terminal, message: string): 1 {
  terminal.err(`${message}\n`);
  return 1;
}

/** What a packed log is broken by is no system's error, and says so itself. */
function whyNotRead(error: unknown): string {
  const isSystems = error instanceof Error && 'syscall' in error;
  return error instanceof Error && !isSystems ? error.message : whyUnread(error, 'name the log, or `-`');
}
