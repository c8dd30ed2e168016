/** `gatehouse keys`: what the authorization server signs with. Private keys are never printed. */
import { parseArgs } from 'node:util';
import { suggestion } from '../config/nearest.ts';
import { isPublished, signerOf } from '../oauth/key-schedule.ts';
import { rotateByHand } from '../oauth/manage-keys.ts';
import type { StoredKey } from '../store/store.ts';
import { atDesk, DESK_OPTIONS } from './desk.ts';
import { columns, printJson, when } from './print.ts';
import { type Command, type ExitCode, type Terminal, UsageError } from './terminal.ts';

export const keys: Command = {
  usage: 'keys list|rotate [--at-once]  the signing keys of the authorization server',
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...DESK_OPTIONS, 'at-once': { type: 'boolean', default: false } },
    });
    const [action = '', ...rest] = positionals;
    const { json, 'at-once': atOnce } = values;
    if (action !== 'list' && action !== 'rotate') {
      throw new UsageError(`no command \`keys ${action}\`; ${suggestion(action, ['list', 'rotate'])}`);
    }
    if (rest.length > 0 || (action === 'list' && atOnce)) throw new UsageError(`keys ${action} takes nothing more`);
    return await atDesk(values.config, terminal, async (desk) => {
      const passphrase = desk.oauth2.keyPassphrase;
      const stored = action === 'list' ? await desk.store.keys() : await rotateByHand(desk, { passphrase, atOnce });
      return print(stored, terminal, json);
    });
  },
};

function print(stored: readonly StoredKey[], terminal: Terminal, json: boolean): ExitCode {
  const now = terminal.wall();
  const signer = signerOf(stored, now);
  const stateOf = (key: StoredKey): string => {
    if (key === signer) return 'signs';
    if (key.signsFrom > now) return 'next';
    return isPublished(key, now) ? 'verifies' : 'ended';
  };
  const rows = stored.map((key) => ({
    kid: key.kid,
    algorithm: key.algorithm,
    state: stateOf(key),
    encrypted: !key.privateKey.startsWith('{'),
    signs_from: when(key.signsFrom),
    signs_until: key.signsUntil === undefined ? null : when(key.signsUntil),
    published_until: key.publishedUntil === undefined ? null : when(key.publishedUntil),
  }));
  if (json) return printJson(terminal, rows);
  const head = ['KID', 'STATE', 'SIGNS FROM', 'SIGNS UNTIL', 'PUBLISHED UNTIL', 'AT REST'];
  const cells = rows.map((row) => [
    row.kid,
    row.state,
    row.signs_from,
    row.signs_until ?? '-',
    row.published_until ?? '-',
    row.encrypted ? 'encrypted' : 'plain',
  ]);
  terminal.out(columns(head, cells));
  return 0;
}
