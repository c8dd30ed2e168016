/** A client as the commands print it, after they changed it. */
import { viewOf } from '../oauth/client-view.ts';
import type { ClientAndSecret } from '../oauth/manage-clients.ts';
import type { StoredClient } from '../store/store.ts';
import { printJson } from './print.ts';
import type { ExitCode, Terminal } from './terminal.ts';

/** The one time that a secret is printed. */
export function printSecret({ client, secret }: ClientAndSecret, terminal: Terminal, json: boolean): ExitCode {
  if (json) return printJson(terminal, { ...viewOf(client), ...(secret !== undefined && { client_secret: secret }) });
  terminal.out(`client_id      ${client.id}\n`);
  if (secret !== undefined) terminal.out(`client_secret  ${secret}\n`);
  if (secret !== undefined) terminal.err('The secret is shown this once; keep it where the service reads it.\n');
  return 0;
}

export function printState(client: StoredClient, terminal: Terminal, json: boolean): ExitCode {
  if (json) return printJson(terminal, viewOf(client));
  terminal.out(`${client.id} is ${client.state}\n`);
  return 0;
}
