/**
 * The processes of a measurement: started on one core, asked what CPU time and
 * memory they used, and ended with us whatever ends us, Ctrl-C and SIGKILL too.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

export interface Measured {
  readonly pid: number;
  stop(): Promise<void>;
}

export type Command = readonly [string, ...string[]];

/** Clock ticks of `/proc` a second, on every Linux. */
const TICKS_PER_SECOND = 100;

/** Reading 10,000 routes takes a while. */
const START_MS = 60_000;

const running = new Set<ChildProcess>();

/** `command` on one core, and ended by the kernel when this process is gone. */
export function onCore(core: number, command: Command): Command {
  return ['setpriv', '--pdeathsig', 'KILL', 'taskset', '-c', String(core), ...command];
}

/** Ends all that was started here; also the last thing that happens at exit. */
export function stopAll(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}

export function stopAllAtExit(): void {
  process.on('exit', stopAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
}

export interface StartOptions {
  readonly port: number;
  readonly outputFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `command` on `core`; its output goes to `outputFile`. Resolves when `port` accepts. */
export async function startOn(core: number, command: Command, options: StartOptions): Promise<Measured> {
  const { port, outputFile, env } = options;
  if (await accepts(port)) throw new Error(`port ${port} is taken`);
  const [program, ...args] = onCore(core, command);
  const output = openSync(outputFile, 'a');
  const child = spawn(program, args, { stdio: ['ignore', output, output], env: { ...process.env, ...env } });
  closeSync(output);
  running.add(child);
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const until = Date.now() + START_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      throw new Error(`nothing listens on ${port}:\n${readFileSync(outputFile, 'utf8').slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    pid: child.pid!,
    stop() {
      running.delete(child);
      child.kill('SIGKILL');
      return ended;
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
  });
}

/** What a command prints; it runs on `core` and must end well. */
export function outputOf(core: number, command: Command): Promise<string> {
  const [program, ...args] = onCore(core, command);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command.slice(0, 2).join(' ')} ended with ${code}:\n${stderr.slice(-2000)}`));
    });
  });
}

/** User and system seconds that a process has used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}
