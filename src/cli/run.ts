/** `gatehouse run`: serves until it is told to stop. The first signal lets requests under way end, a second one does not wait. */
import { parseArgs } from 'node:util';
import { formatFault } from '../config/faults.ts';
import { createLineWriter, openSink } from '../log/line-writer.ts';
import { createLog } from '../log/operator-log.ts';
import { runGateway } from '../run.ts';
import { systemClock } from '../world.ts';
import { loadFile, oneFile } from './load.ts';
import type { Command } from './terminal.ts';

export const run: Command = {
  usage: 'run [FILE]  serve what FILE describes',
  async run(args, terminal) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
    const loaded = loadFile(oneFile(positionals), terminal);
    for (const fault of loaded.config === undefined ? loaded.faults : loaded.warnings)
      terminal.err(`${formatFault(fault)}\n`);
    if (loaded.config === undefined) return 1;
    const { config } = loaded;

    const lines = createLineWriter(openSink('stderr'), systemClock);
    const log = createLog(lines.write, config.log.level, systemClock);
    try {
      const running = await runGateway(config, { clock: systemClock, log });
      log('info', 'listening', {
        address: running.address,
        admin_port: running.adminPort,
        redirect_port: running.redirectPort,
      });
      const signal = await stopSignal();
      log('info', 'draining', { signal });
      const now = stopSignal().then(() => 0);
      await Promise.race([running.close(), now.then(() => running.close(0))]);
      return 0;
    } catch (error) {
      const said = cannotListen(error);
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
