/** Clients as they are shown: everything but what proves them. */
import type { StoredClient } from '../store/store.ts';
import type { StaticClient } from './clients.ts';

export interface ClientView {
  readonly client_id: string;
  readonly name: string;
  readonly state: string;
  readonly scopes: readonly string[];
  readonly default_scopes: readonly string[];
  readonly audiences: readonly string[];
  readonly token_ttl_ms: number | null;
  /** Whether it proves itself by keys. */
  readonly keys: boolean;
  readonly secrets: readonly { readonly created_at: string; readonly expires_at: string | null }[];
  readonly created_at: string | null;
}

export function viewOf(client: StoredClient): ClientView {
  return {
    client_id: client.id,
    name: client.name,
    state: client.state,
    scopes: client.scopes,
    default_scopes: client.defaultScopes,
    audiences: client.audiences,
    token_ttl_ms: client.tokenTtlMs ?? null,
    keys: client.jwks !== undefined,
    secrets: client.secrets.map(({ createdAt, expiresAt }) => ({
      created_at: when(createdAt),
      expires_at: expiresAt === undefined ? null : when(expiresAt),
    })),
    created_at: when(client.createdAt),
  };
}

export function viewOfStatic({ id, scopes, audiences, tokenTtlMs, jwks }: StaticClient): ClientView {
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

function when(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
