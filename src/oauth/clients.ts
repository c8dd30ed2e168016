/**
 * The clients there are, from the store and from the configuration file, made
 * ready for the endpoints whenever they change: secrets as bytes, keys ready to
 * verify. A look-up is one of a map.
 */
import { timingSafeEqual } from 'node:crypto';
import type { JWTVerifyGetKey } from 'jose';
import type { StoredClient } from '../store/store.ts';
import { readClientKeys } from './client-keys.ts';
import { sha256 } from './secret.ts';

/** A client that stands in the configuration. */
export interface StaticClient {
  readonly id: string;
  readonly secretSha256: string | undefined;
  readonly jwks: string | undefined;
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
  readonly tokenTtlMs: number | undefined;
}

export interface Client {
  readonly id: string;
  readonly active: boolean;
  readonly secrets: readonly { readonly hash: Buffer; readonly expiresAt: number }[];
  readonly keys: JWTVerifyGetKey | undefined;
  readonly scopes: ReadonlySet<string>;
  readonly defaultScopes: readonly string[];
  /** The first is the default. */
  readonly audiences: readonly string[];
  readonly tokenTtlMs: number;
}

export interface ClientDefaults {
  readonly audience: string;
  readonly tokenTtlMs: number;
  /** Every scope there is; a client cannot have another. `undefined`: none are declared. */
  readonly scopes: ReadonlyMap<string, string> | undefined;
}

export interface ClientFault {
  readonly client: string;
  readonly fault: string;
}

/** How many secrets a client can have at once: the one, and for a while the one before. */
export const MAX_SECRETS = 2;
const NOBODYS = Buffer.alloc(32);

/** The same work for a client that is not there: whoever tries cannot tell (RFC 6749 §10). */
export function hasSecret(client: Client | undefined, secret: string, now: number): boolean {
  const hash = sha256(secret);
  let fits = false;
  for (let at = 0; at < MAX_SECRETS; at++) {
    const own = client?.secrets[at];
    const equal = timingSafeEqual(hash, own?.hash ?? NOBODYS);
    if (own !== undefined && equal && now < own.expiresAt) fits = true;
  }
  return fits;
}

/** A client of the file wins over one of the store with its id. */
export function indexClients(
  stored: readonly StoredClient[],
  fixed: readonly StaticClient[],
  defaults: ClientDefaults,
): { readonly clients: ReadonlyMap<string, Client>; readonly faults: readonly ClientFault[] } {
  const faults: ClientFault[] = [];
  const clients = new Map<string, Client>();
  for (const client of [...stored, ...fixed.map(asStored)]) {
    const keys = client.jwks === undefined ? undefined : readClientKeys(client.jwks);
    if (typeof keys === 'string') faults.push({ client: client.id, fault: keys });
    const known = (scope: string): boolean => defaults.scopes?.has(scope) !== false;
    clients.set(client.id, {
      id: client.id,
      active: client.state === 'active',
      secrets: client.secrets.slice(0, MAX_SECRETS).map(({ sha256: hex, expiresAt = Infinity }) => ({
        hash: Buffer.from(hex, 'hex'),
        expiresAt,
      })),
      keys: typeof keys === 'string' ? undefined : keys,
      scopes: new Set(client.scopes.filter(known)),
      defaultScopes: client.defaultScopes.filter(known),
      audiences: client.audiences.length === 0 ? [defaults.audience] : client.audiences,
      tokenTtlMs: client.tokenTtlMs ?? defaults.tokenTtlMs,
    });
  }
  return { clients, faults };
}

function asStored({ id, secretSha256, jwks, scopes, audiences, tokenTtlMs }: StaticClient): StoredClient {
  return {
    id,
    name: id,
    secrets: secretSha256 === undefined ? [] : [{ sha256: secretSha256, createdAt: 0, expiresAt: undefined }],
    jwks,
    scopes,
    defaultScopes: scopes,
    audiences,
    tokenTtlMs,
    state: 'active',
    createdAt: 0,
  };
}
