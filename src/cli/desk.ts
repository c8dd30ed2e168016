/**
 * What the commands about clients, keys and revocations work on: the store of
 * the configuration, and a trail that knows who is at the keyboard. What a
 * command did is durable when it returns.
 */
import { userInfo } from 'node:os';
import type { Config, OAuth2Config } from '../config/config.ts';
import { formatFault } from '../config/faults.ts';
import type { Desk } from '../oauth/desk.ts';
import { openStore } from '../store/open.ts';
import { StoreUnavailable, StoreUnusable } from '../store/store.ts';
import { createTrail } from '../trail/trail.ts';
import { systemClock } from '../world.ts';
import { loadFile } from './load.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface OpenDesk extends Desk {
  readonly config: Config;
  readonly oauth2: OAuth2Config;
}

/** Options that all of these commands have. */
export const DESK_OPTIONS = {
  config: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Opens the store of the configuration FILE for `work`, which returns the exit code or what is wrong. */
export async function atDesk(
  file: string | undefined,
  terminal: Terminal,
  work: (desk: OpenDesk) => Promise<ExitCode | string>,
): Promise<ExitCode> {
  const loaded = loadFile(file, terminal);
  if (loaded.config === undefined) {
    for (const fault of loaded.faults) terminal.err(`${formatFault(fault)}\n`);
    return 1;
  }
  const { config } = loaded;
  const { oauth2 } = config;
  if (oauth2 === undefined) return failed('the configuration has no `oauth2`; see docs/oauth2.md', terminal);
  let lost: string | undefined;
  const log = (_level: string, event: string): void => void (lost = event);
  const store = await openStore(oauth2.store);
  const trail = createTrail(store, { clock: systemClock, log }, oauth2.trail);
  try {
    const { issuer } = oauth2;
    const desk = { store, issuer, now: terminal.wall, note: trail.note, by: whoAmI(), config, oauth2 };
    const done = await work(desk);
    await trail.close();
    if (lost !== undefined) terminal.err(`gatehouse: it is done, but the trail does not say so (${lost})\n`);
    return typeof done === 'string' ? failed(done, terminal) : done;
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof StoreUnusable)) throw error;
    return failed(error.message, terminal);
  } finally {
    await store.close();
  }
}

function failed(message: string, terminal: Terminal): ExitCode {
  terminal.err(`gatehouse: ${message}\n`);
  return 1;
}

function whoAmI(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container the user may have no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
