/** The processes of a measurement: started on one core, and asked what CPU time they used. */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';

export interface Measured {
  readonly pid: number;
  stop(): void;
}

/** Clock ticks of `/proc` a second, on every Linux. */
const TICKS_PER_SECOND = 100;

/** Starts `command` on `core`; its output goes to `outputFile`. Resolves when `port` accepts. */
export async function startOn(
  core: number,
  command: readonly [string, ...string[]],
  { port, outputFile }: { port: number; outputFile: string },
): Promise<Measured> {
  const output = openSync(outputFile, 'a');
  const child: ChildProcess = spawn('taskset', ['-c', String(core), ...command], { stdio: ['ignore', output, output] });
  await accepting(port, child, outputFile);
  return { pid: child.pid!, stop: () => void child.kill('SIGKILL') };
}

async function accepting(port: number, child: ChildProcess, outputFile: string): Promise<void> {
  const until = Date.now() + 10_000;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      setImmediate(() => socket.unref());
    });
    if (open) return;
    if (child.exitCode !== null || Date.now() > until) {
      throw new Error(`nothing listens on ${port}:\n${readFileSync(outputFile, 'utf8').slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** User and system seconds that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

/** The tools that are missing, with the one command that brings them; `undefined` when all are there. */
export function missingTools(tools: Readonly<Record<string, string>>): string | undefined {
  const missing = Object.entries(tools).filter(([tool]) => spawnSync('which', [tool]).status !== 0);
  if (missing.length === 0) return undefined;
  return `missing: ${missing.map(([tool]) => tool).join(', ')}. On Debian: apt-get install ${missing.map(([, name]) => name).join(' ')}`;
}

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly errors: number;
}

/** Runs wrk on `core` for `seconds`. */
export async function wrk(
  core: number,
  url: string,
  options: { seconds: number; connections: number; headers: readonly string[] },
): Promise<Load> {
  const headers = options.headers.flatMap((header) => ['-H', header]);
  const args = ['-c', String(core), 'wrk', '-t1', `-c${options.connections}`, `-d${options.seconds}s`, ...headers, url];
  // Not `execFileSync`: the issuer lives in this process and must go on answering.
  const { stdout } = await promisify(execFile)('taskset', args);
  const requests = /(\d+) requests in/.exec(stdout)![1];
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0;
  return {
    requests: Number(requests),
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)![1]),
    errors: Number(failed),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
