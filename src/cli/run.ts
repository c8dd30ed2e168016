/**
 * `gatehouse run`: serves until it is told to stop. The first signal lets
 * requests under way end, a second one does not wait. SIGHUP, and with `--watch`
 * a change of any file the configuration was read from, has it read again.
 */
import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { formatFault } from '../config/faults.ts';
import type { LoadedConfig } from '../config/load.ts';
import { createLineWriter, openSink } from '../log/line-writer.ts';
import { createLog } from '../log/operator-log.ts';
import { tested } from '../policy/tested.ts';
import { runGateway } from '../running/run.ts';
import { StoreUnusable } from '../store/store.ts';
import { fileMark, watchFiles } from '../running/watch.ts';
import { systemClock } from '../world.ts';
import { loadFile, oneFile } from './load.ts';
import { type Command, UsageError } from './terminal.ts';

export const run: Command = {
  usage: 'run [FILE] [--watch]  serve what FILE describes; --watch: and what it comes to say',
  async run(args, terminal) {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { watch: { type: 'boolean', default: false } },
    });
    const file = oneFile(positionals);
    if (file === '-' && values.watch) throw new UsageError('standard input cannot be watched; name a file');
    const read = new Map<string, string>();
    const load = (running?: Config): LoadedConfig => {
      read.clear();
      const readFile = (path: string): Uint8Array => {
        read.set(path, fileMark(path));
        return terminal.readFile(path);
      };
      return loadFile(file, { ...terminal, readFile, ...(running === undefined ? {} : { running }) });
    };
    const loaded = await tested(load());
    for (const fault of loaded.config === undefined ? loaded.faults : loaded.warnings)
      terminal.err(`${formatFault(fault)}\n`);
    if (loaded.config === undefined) return 1;
    const { config } = loaded;

    const lines = createLineWriter(openSink('stderr'), systemClock);
    const log = createLog(lines.write, config.log.level, systemClock);
    try {
      const running = await runGateway(config, { clock: systemClock, log, ...(file === '-' ? {} : { load }) });
      process.on('SIGHUP', () => void running.reload());
      if (values.watch)
        watchFiles(
          () => read,
          systemClock,
          () => void running.reload(),
        );
      log('info', 'listening', {
        address: running.address,
        admin_port: running.adminPort,
        redirect_port: running.redirectPort,
      });
      const signal = await stopSignal();
      log('info', 'draining', { signal });
      const startedAt = systemClock.monotonic();
      const hurry = stopSignal().then(() => running.close(0));
      await Promise.race([running.close(), hurry]);
      const durationMs = Math.round(systemClock.monotonic() - startedAt);
      const cut = running.cut();
      log(cut > 0 ? 'warn' : 'info', 'drained', { duration_ms: durationMs, connections_cut: cut });
      return 0;
    } catch (error) {
      const said = error instanceof StoreUnusable ? `oauth2.store: ${error.message}` : cannotListen(error);
      if (said === undefined) throw error;
      terminal.err(`gatehouse: ${said}\n`);
      return 1;
    } finally {
      await lines.close();
    }
  },
};

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
}

/** One line for what an operator can mend. */
function cannotListen(error: unknown): string | undefined {
  const { code, address, port, path } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') return `${address}:${port} is taken by another process; stop it or choose another port`;
  if (code === 'EACCES')
    return `${path ?? `${address}:${port}`} may not be used by this user; choose another or grant it`;
  if (code === 'EADDRNOTAVAIL') return `${address} is not an address of this machine; see \`listen\``;
  if (code === 'ENOENT' && path !== undefined) return `${path} cannot be written; see \`log\``;
  return undefined;
}
