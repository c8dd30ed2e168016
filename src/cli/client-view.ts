/** Clients as the commands show them: everything but what proves them, and a secret once. */
import type { StaticClientConfig } from '../config/config.ts';
import type { ClientAndSecret } from '../oauth/manage-clients.ts';
import type { StoredClient } from '../store/store.ts';
import { printJson, when } from './print.ts';
import type { ExitCode, Terminal } from './terminal.ts';

/** What is shown of a client: everything but what proves it. */
export function viewOf(client: StoredClient) {
  return {
    client_id: client.id,
    name: client.name,
    state: client.state as string,
    scopes: client.scopes,
    default_scopes: client.defaultScopes,
    audiences: client.audiences,
    token_ttl_ms: client.tokenTtlMs ?? null,
    keys: client.jwks !== undefined,
    secrets: client.secrets.map(({ createdAt, expiresAt }) => ({
      created_at: when(createdAt),
      expires_at: expiresAt === undefined ? null : when(expiresAt),
    })),
    created_at: when(client.createdAt) as string | null,
  };
}

export function viewOfStatic(client: StaticClientConfig): ReturnType<typeof viewOf> {
  const { id, scopes, audiences, tokenTtlMs, jwks } = client;
  return {
    client_id: id,
    name: id,
    state: 'configured',
    scopes,
    default_scopes: scopes,
    audiences,
    token_ttl_ms: tokenTtlMs ?? null,
    keys: jwks !== undefined,
    secrets: [],
    created_at: null,
  };
}

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
