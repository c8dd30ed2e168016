/** The demonstration as a process of its own, on ports that were free a moment ago. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

export const DEMO_PORTS = [
  'GATEWAY_PORT',
  'ADMIN_PORT',
  'ISSUER_PORT',
  'ACCOUNTS_PORT',
  'ORDERS_PORT',
  'ORDERS_2_PORT',
] as const;

export type DemoPorts = Readonly<Record<(typeof DEMO_PORTS)[number], number>>;

export interface Demo {
  readonly process: ChildProcess;
  /** All it has printed so far. */
  readonly output: () => string;
  /** Resolves when it has printed its last call, or has ended. */
  readonly listening: Promise<void>;
  /** The exit code. */
  readonly ended: Promise<number | null>;
}

/** `script`: what the project's Node runs; it is the leader of a process group, as in a terminal. */
export function startDemo(ports: DemoPorts, script: readonly string[] = ['examples/demo/demo.ts']): Demo {
  const env = { ...process.env, ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, `${port}`])) };
  const child = spawn(process.execPath, script, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const listening = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (/\/metrics \| grep/.test(output)) listening.resolve();
    });
  }
  void ended.then(() => listening.resolve());
  return { process: child, output: () => output, listening: listening.promise, ended };
}

/**
 * Below the ports that systems give out themselves (from 32768, RFC 6335 from
 * 49152), so that no other test gets one between here and the demonstration.
 */
export async function freePorts(): Promise<DemoPorts> {
  const ports = new Set<number>();
  while (ports.size < DEMO_PORTS.length) {
    const port = randomInt(20_000, 32_000);
    // eslint-disable-next-line no-await-in-loop -- how many are needed is not known before
    if (await isFree(port)) ports.add(port);
  }
  return Object.fromEntries([...ports].map((port, at) => [DEMO_PORTS[at], port])) as DemoPorts;
}

async function isFree(port: number): Promise<boolean> {
  try {
    await once((await listenOn(port)).close(), 'close');
    return true;
  } catch {
    return false;
  }
}

export async function listenOn(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
