/**
 * What the authorization server and the trail keep, and what they need of
 * whoever keeps it. Two do: a SQLite file, and PostgreSQL where there are many
 * machines. Everything that was acknowledged is durable: it survives `kill -9`
 * the instant after the promise is fulfilled. Rejects with `StoreUnavailable`
 * when the store cannot be had for the moment; any other error is a bug.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** What waiting does not mend: the store is of a newer program, or no store at all. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

/** All times are milliseconds since 1970. */
export interface StoredClient {
  /** The OAuth `client_id`. */
  readonly id: string;
  /** For people; unique. */
  readonly name: string;
  readonly secrets: readonly StoredSecret[];
  /** The public keys of `private_key_jwt`, as the text of a JWK set. */
  readonly jwks: string | undefined;
  /** What it may ask for; what it gets when it asks for nothing. */
  readonly scopes: readonly string[];
  readonly defaultScopes: readonly string[];
  /** What its tokens may be meant for; empty: the default audience of the server. */
  readonly audiences: readonly string[];
  /** `undefined`: the server's. */
  readonly tokenTtlMs: number | undefined;
  readonly state: 'active' | 'disabled' | 'revoked';
  readonly createdAt: number;
}

/** Of a secret only its SHA-256 is kept: secrets have 256 bits of chance, so nothing slower is needed. */
export interface StoredSecret {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly createdAt: number;
  /** While two overlap, when this one ends. */
  readonly expiresAt: number | undefined;
}

/** A signing key of the authorization server. */
export interface StoredKey {
  readonly kid: string;
  readonly algorithm: string;
  /** JWK text; the private one possibly encrypted. */
  readonly publicJwk: string;
  readonly privateKey: string;
  readonly createdAt: number;
  /** Published from the start, it signs from here on. */
  readonly signsFrom: number;
  /** From here on another signs; still published. */
  readonly signsUntil: number | undefined;
  /** From here on it is published no more. */
  readonly publishedUntil: number | undefined;
}

/** What is revoked of an issuer. */
export type RevocationGrain =
  /** Every token of a client that was issued up to `issuedUntil`. */
  | 'client'
  /** One token, by its `jti`. */
  | 'token'
  /** Every token of a subject that was issued up to `issuedUntil`. */
  | 'subject'
  /** Every token that was issued up to `issuedUntil`. */
  | 'issuer';

export interface StoredRevocation {
  readonly id: string;
  /** `iss`. */
  readonly issuer: string;
  readonly grain: RevocationGrain;
  /** The client, `jti` or subject; empty for `issuer`. */
  readonly value: string;
  readonly issuedUntil: number;
  readonly reason: string;
  /** Who asked for it. */
  readonly by: string;
  readonly createdAt: number;
  /** When the last token it can concern has expired; it may be forgotten then. */
  readonly expiresAt: number;
}

/** One thing that happened, as the trail keeps it. Never a token or a secret. */
export interface TrailEvent {
  readonly at: number;
  /** `call`, `token_issued`, `token_refused`, `client_created`, `client_changed`, `key_rotated`, `revoked`, `records_dropped`, … */
  readonly kind: string;
  readonly client?: string | undefined;
  readonly subject?: string | undefined;
  readonly jti?: string | undefined;
  readonly issuer?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly route?: string | undefined;
  readonly method?: string | undefined;
  readonly upstream?: string | undefined;
  readonly status?: number | undefined;
  /** The refusal's code, or the OAuth error. */
  readonly refusal?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly requestId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** Who did it, for what is done by people. */
  readonly by?: string | undefined;
  /** What else there is to say. */
  readonly detail?: string | undefined;
}

/** An event in the chain of the one who wrote it: each record's hash covers the one before. */
export interface TrailRecord {
  readonly writer: string;
  /** From 1, without a gap, for each writer. */
  readonly sequence: number;
  readonly event: TrailEvent;
  /** SHA-256 in hexadecimal of the record before (64 zeros for the first), the writer, the sequence and the event. */
  readonly hash: string;
}

export interface TrailQuery {
  readonly kinds?: readonly string[];
  readonly client?: string;
  readonly route?: string;
  readonly refusal?: string;
  readonly refusedOnly?: boolean;
  readonly since?: number;
  readonly until?: number;
  /** Records behind this position only: for following. */
  readonly after?: number;
  /** The newest so many, still in the order they were stored. */
  readonly limit?: number;
}

/** Calls that are alike, for graphs. */
export interface TrailGroup {
  readonly issuer: string | undefined;
  readonly client: string | undefined;
  readonly route: string | undefined;
  readonly upstream: string | undefined;
  readonly scopes: readonly string[];
  readonly refusal: string | undefined;
  /** Of those refused, what the record says beside the code. */
  readonly detail: string | undefined;
  readonly calls: number;
  /** Of these, answered with 5xx. */
  readonly failed: number;
  readonly lastAt: number;
}

/** Of the record a place in a chain is held by. */
export interface TrailLink {
  readonly sequence: number;
  readonly hash: string;
}

/** What must be there of a writer's chain. */
export interface TrailChain {
  /** The last record that was trimmed; sequence 0 and 64 zeros where none was. */
  readonly before: TrailLink;
  readonly last: TrailLink;
}

/** A record with where it stands among all, in the order they were stored. */
export interface PlacedRecord extends TrailRecord {
  readonly position: number;
}

export interface StoreOptions {
  /** How long a call waits for another process, or for a database that says nothing. */
  readonly patienceMs?: number;
}

export interface Store {
  clients(): Promise<readonly StoredClient[]>;
  /** False: there is one of this id or name already. */
  addClient(client: StoredClient): Promise<boolean>;
  /**
   * Replaces a client by what `change` makes of it, in one transaction. `undefined`: there is no such client.
   * `change` is asked again where another process was faster.
   */
  changeClient(id: string, change: (client: StoredClient) => StoredClient): Promise<StoredClient | undefined>;
  deleteClient(id: string): Promise<boolean>;

  keys(): Promise<readonly StoredKey[]>;
  /** Replaces all keys by what `change` makes of them, in one transaction, so that two processes cannot both rotate; asked again as above. */
  changeKeys(change: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<readonly StoredKey[]>;

  revocations(): Promise<readonly StoredRevocation[]>;
  addRevocation(revocation: StoredRevocation): Promise<void>;
  /** Forgets those that expired before `now`. */
  trimRevocations(now: number): Promise<number>;

  /** A number that grows with every change of clients, keys or revocations, by whatever process: cheap to ask for, often. */
  version(): Promise<number>;

  /** Notes an assertion as used until it expires. False: it was used before (by any process). */
  useAssertion(client: string, jti: string, expiresAt: number): Promise<boolean>;
  trimAssertions(now: number): Promise<number>;

  /** Appends in order, all or none. A record that is there already is left as it is: an answer may have been lost. */
  appendTrail(records: readonly TrailRecord[]): Promise<void>;
  /** The last record of a writer, to go on from. */
  lastOf(writer: string): Promise<TrailRecord | undefined>;
  /** In the order they were stored. */
  trail(query: TrailQuery): AsyncIterable<PlacedRecord>;
  /** Deletes what is older than `before`, and the oldest beyond `most` records. Leaves the last record of each writer, and notes where each chain now begins. */
  trimTrail(before: number, most: number): Promise<number>;
  /** By writer. */
  trailChains(): Promise<ReadonlyMap<string, TrailChain>>;
  /** The events that match, counted. */
  trailGroups(query: TrailQuery): Promise<readonly TrailGroup[]>;

  close(): Promise<void>;
}
