/**
 * What is done to clients, by command or over the network: each change is in the
 * store before it is answered, and then in the trail with who did it. A secret
 * is in what is returned, once, and nowhere else.
 */
import type { StoredClient } from '../store/store.ts';
import { readClientKeys } from './client-keys.ts';
import { type Desk, DeskFault } from './desk.ts';
import { EXPIRY_MARGIN_MS, MAX_TOKEN_TTL_MS } from './key-schedule.ts';
import { revokeTokens } from './manage-revocations.ts';
import { makeClientId, makeSecret, sha256 } from './secret.ts';

export type WantedClient = Pick<
  StoredClient,
  'name' | 'jwks' | 'scopes' | 'defaultScopes' | 'audiences' | 'tokenTtlMs'
>;

export interface ClientAndSecret {
  readonly client: StoredClient;
  /** Absent where the client proves itself by keys. */
  readonly secret: string | undefined;
}

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;
const AUDIENCE = /^[\x21-\x7e]{1,1024}$/;
const MIN_TTL_MS = 10_000;

export async function createClient(desk: Desk, wanted: WantedClient): Promise<ClientAndSecret | DeskFault> {
  const fault = faultOf(wanted);
  if (fault !== undefined) return new DeskFault('invalid', fault);
  const now = desk.now();
  const secret = wanted.jwks === undefined ? makeSecret() : undefined;
  const client: StoredClient = {
    ...wanted,
    id: makeClientId(wanted.name),
    secrets: secret === undefined ? [] : [secretOf(secret, now)],
    state: 'active',
    createdAt: now,
  };
  if (!(await desk.store.addClient(client))) {
    return new DeskFault('conflict', `there is a client named \`${wanted.name}\`; choose another name`);
  }
  desk.note({ at: now, kind: 'client_created', client: client.id, scopes: client.scopes, by: desk.by });
  return { client, secret };
}

/** The secret before goes on for `overlapMs`; any older one ends now. */
export async function rotateSecret(desk: Desk, id: string, overlapMs: number): Promise<ClientAndSecret | DeskFault> {
  const now = desk.now();
  const secret = makeSecret();
  const fresh = secretOf(secret, now);
  const client = await desk.store.changeClient(id, (before) => {
    if (faultOfRotation(before) !== undefined) return before;
    const newest = before.secrets.toSorted((a, b) => b.createdAt - a.createdAt).slice(0, 1);
    const expiresAt = now + overlapMs;
    const old = newest.map((one) => ({ ...one, expiresAt: Math.min(one.expiresAt ?? Infinity, expiresAt) }));
    return { ...before, secrets: [fresh, ...old.filter((one) => one.expiresAt > now)] };
  });
  if (client === undefined) return noClient(id);
  const fault = faultOfRotation(client);
  if (fault !== undefined) return fault;
  noteChange(desk, id, `secret rotated, overlap ${overlapMs / 1000} s`);
  return { client, secret };
}

/** By id, and failing that by name. */
export function clientCalled(about: string, clients: readonly StoredClient[]): StoredClient | undefined {
  return clients.find(({ id }) => id === about) ?? clients.find(({ name }) => name === about);
}

/** Tokens that a client has go on until they expire; it gets no more while it is disabled. */
export async function enableClient(desk: Desk, id: string, enabled: boolean): Promise<StoredClient | DeskFault> {
  const state = enabled ? 'active' : 'disabled';
  const client = await desk.store.changeClient(id, (before) =>
    before.state === 'revoked' ? before : { ...before, state },
  );
  if (client === undefined) return noClient(id);
  if (client.state === 'revoked') return isRevoked(id);
  noteChange(desk, id, enabled ? 'enabled' : 'disabled');
  return client;
}

/** Ends a client and every token it has. */
export async function revokeClient(desk: Desk, id: string, reason: string): Promise<StoredClient | DeskFault> {
  const known = (await desk.store.clients()).some((client) => client.id === id);
  if (!known) return noClient(id);
  await endTokens(desk, id, reason);
  const client = await desk.store.changeClient(id, (before) => ({ ...before, state: 'revoked', secrets: [] }));
  if (client === undefined) return noClient(id);
  noteChange(desk, id, `revoked: ${reason}`);
  return client;
}

/** A client of the configuration cannot be changed here, so its end is a revocation that does not end: nor is it given tokens. */
export async function revokeStaticClient(desk: Desk, id: string, reason: string): Promise<void> {
  const never = desk.now() + 100 * 365 * 86_400_000;
  const wanted = { issuer: desk.issuer, value: id, issuedUntil: never, expiresAt: never, reason };
  await revokeTokens(desk, { ...wanted, grain: 'client' });
}

export async function deleteClient(desk: Desk, id: string): Promise<DeskFault | undefined> {
  const known = (await desk.store.clients()).some((client) => client.id === id);
  if (!known) return noClient(id);
  await endTokens(desk, id, 'the client was deleted');
  await desk.store.deleteClient(id);
  noteChange(desk, id, 'deleted');
  return undefined;
}

/** Also those that another process issues before it hears of it: ids are never used again, so the end may lie ahead. */
async function endTokens(desk: Desk, id: string, reason: string): Promise<void> {
  const issuedUntil = desk.now() + EXPIRY_MARGIN_MS;
  const expiresAt = issuedUntil + MAX_TOKEN_TTL_MS + EXPIRY_MARGIN_MS;
  await revokeTokens(desk, { issuer: desk.issuer, grain: 'client', value: id, issuedUntil, expiresAt, reason });
}

function noteChange({ now, note, by }: Desk, client: string, detail: string): void {
  note({ at: now(), kind: 'client_changed', client, by, detail });
}

function secretOf(secret: string, now: number): StoredClient['secrets'][number] {
  return { sha256: sha256(secret).toString('hex'), createdAt: now, expiresAt: undefined };
}

function noClient(id: string): DeskFault {
  return new DeskFault('unknown', `there is no client \`${id}\` in the store`);
}

function isRevoked(id: string): DeskFault {
  return new DeskFault('conflict', `client \`${id}\` is revoked, and that is final; create another`);
}

function faultOfRotation({ id, state, jwks }: StoredClient): DeskFault | undefined {
  if (state === 'revoked') return isRevoked(id);
  if (jwks === undefined) return undefined;
  return new DeskFault('conflict', `client \`${id}\` proves itself by keys, and has no secret`);
}

function faultOf({ name, jwks, scopes, defaultScopes, audiences, tokenTtlMs }: WantedClient): string | undefined {
  if (!NAME.test(name)) return `\`${name}\` is no name; use up to 63 of a-z, 0-9, \`.\`, \`_\` and \`-\``;
  const scope = [...scopes, ...defaultScopes].find((one) => !SCOPE.test(one));
  if (scope !== undefined) return `\`${scope}\` is no scope; write one without spaces, quotes or backslashes`;
  if (scopes.length === 0) return 'a client without scopes can do nothing; name what it may do';
  const extra = defaultScopes.find((one) => !scopes.includes(one));
  if (extra !== undefined) return `the default scope \`${extra}\` is not among its scopes`;
  const audience = audiences.find((one) => !AUDIENCE.test(one));
  if (audience !== undefined) return `\`${audience}\` is no audience; write one without spaces`;
  if (tokenTtlMs !== undefined && (tokenTtlMs < MIN_TTL_MS || tokenTtlMs > MAX_TOKEN_TTL_MS)) {
    return 'tokens last from 10s to 1h';
  }
  const keys = jwks === undefined ? undefined : readClientKeys(jwks);
  return typeof keys === 'string' ? `the key set is ${keys}` : undefined;
}
