/** The gateway as a process of its own, for what only that can show: its memory, its signals, its exit. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GatewayProcess {
  readonly port: number;
  readonly adminPort: number;
  readonly child: ChildProcess;
  /** Where its configuration is read from. */
  readonly file: string;
  /** Puts `yaml` in the place of what it was started with, by a rename as editors do; it has to be told. */
  rewrite(yaml: string): void;
  /** Everything it has printed on stderr. */
  stderr(): string;
  residentBytes(): Promise<number>;
  /** Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface GatewayProcessOptions {
  /** How many file descriptors it may have. */
  readonly descriptors?: number;
  /** Where it listens; else the system chooses. */
  readonly port?: number;
  /** Further arguments of `run`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** `yaml` needs no `listen`. Resolves when the process says that it listens. */
export async function startGatewayProcess(yaml: string, options: GatewayProcessOptions = {}): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  const file = join(folder, 'gatehouse.yaml');
  const write = (to: string, text: string): void =>
    writeFileSync(to, `listen: 127.0.0.1:${options.port ?? 0}\nadmin: { listen: 127.0.0.1:0 }\n${text}`);
  write(file, yaml);
  const limit = options.descriptors === undefined ? '' : `ulimit -n ${options.descriptors}; `;
  const command = `${limit}exec "$0" bin/gatehouse.js run "$@"`;
  const child = spawn('sh', ['-c', command, process.execPath, file, ...(options.args ?? [])], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  let stderr = '';
  const listening = await new Promise<{ address: string; admin_port: number }>((resolve, reject) => {
    child.stderr.on('data', (bytes) => {
      stderr += String(bytes);
      for (const line of stderr.split('\n')) if (line.includes('"event":"listening"')) resolve(JSON.parse(line));
    });
    child.on('exit', () => reject(new Error(stderr)));
  });
  const adminPort = listening.admin_port;
  return {
    port: Number(listening.address.split(':').at(-1)),
    adminPort,
    child,
    file,
    rewrite(text) {
      write(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
    stderr: () => stderr,
    async residentBytes() {
      const metrics = await fetch(`http://127.0.0.1:${adminPort}/metrics`).then((reply) => reply.text());
      return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const code = await ended;
      rmSync(folder, { recursive: true });
      return code;
    },
  };
}
