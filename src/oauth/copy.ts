/**
 * What the store keeps, at hand in memory: clients, keys, revocations. Asks the
 * store for its version every `POLL_MS`, so that what another process did takes
 * effect within a second, and reads all of it when that has changed. While the
 * store is away what is at hand goes on. Nothing here is paid by a request.
 */
import { type Store, StoreUnavailable, StoreUnusable, type StoredKey, type TrailEvent } from '../store/store.ts';
import type { World } from '../world.ts';
import { type Client, type ClientDefaults, indexClients, type StaticClient } from './clients.ts';
import { createKeyCipher } from './key-cipher.ts';
import { areKeysDue, scheduleKeys } from './key-schedule.ts';
import { createRevocations, type Revocations } from './revocations.ts';
import { keyThatSigns, makeKey, openKeys, publishKeys, type SigningKey } from './signing-keys.ts';

export interface CopyOptions extends ClientDefaults {
  readonly staticClients: readonly StaticClient[];
  readonly keyRotationMs: number;
  readonly passphrase: string | undefined;
}

export interface CopyParts extends World {
  readonly store: Store;
  readonly note: (event: TrailEvent) => void;
}

/** Public keys as the text of a JWK set, without a round trip. */
export interface PublishedKeys {
  readonly text: () => string;
  /** Calls `listener` after each change, until the returned function is called. */
  readonly onChange: (listener: () => void) => () => void;
}

export interface Copy {
  /** Everything was loaded once. */
  readonly ready: () => boolean;
  /** The store could be had when it was last asked: what it says of clients and revocations is known here. */
  readonly current: () => boolean;
  readonly client: (id: string) => Client | undefined;
  readonly keys: () => readonly SigningKey[];
  /** `undefined` only before it is ready. */
  readonly signer: (now: number) => SigningKey | undefined;
  readonly published: PublishedKeys;
  readonly revocations: Revocations;
  /** Takes over what the store has now, without waiting for the next poll. Resolves whatever came of it. */
  readonly takeOver: () => Promise<void>;
  /** Resolves after the first attempt to load, whatever came of it. Rejects where waiting does not mend it. */
  readonly start: () => Promise<void>;
  readonly close: () => void;
}

const POLL_MS = 200;
const TRIM_MS = 60_000;

export function createCopy(options: CopyOptions, { store, clock, log, note }: CopyParts): Copy {
  const cipher = createKeyCipher(options.passphrase);
  const revocations = createRevocations();
  const listeners = new Set<() => void>();
  let clients: ReadonlyMap<string, Client> = new Map();
  let stored: readonly StoredKey[] = [];
  let keys: readonly SigningKey[] = [];
  let text = publishKeys([], 0);
  let version: number | undefined;
  let loaded = false;
  let lastFault: Error | undefined;
  let trimAt = 0;
  let ticking: Promise<void> | undefined;
  let stopTicking: (() => void) | undefined;

  async function refresh(): Promise<void> {
    const now = clock.wall();
    // Asked for first: what changes while the rest is read is read again next time.
    const latest = await store.version();
    if (latest !== version) {
      const [all, nextKeys, revoked] = await Promise.all([store.clients(), store.keys(), store.revocations()]);
      revocations.load(revoked, now);
      const indexed = indexClients(all, options.staticClients, options);
      for (const fault of indexed.faults) log('error', 'oauth_client_keys_unusable', { ...fault });
      ({ clients } = indexed);
      await takeKeys(nextKeys);
      version = latest;
    }
    if (areKeysDue(stored, now, options.keyRotationMs)) await renewKeys(now);
    loaded = true;
    revocations.trim(now);
    if (clock.monotonic() >= trimAt) {
      trimAt = clock.monotonic() + TRIM_MS;
      await store.trimRevocations(now);
      await store.trimAssertions(now);
    }
  }

  async function renewKeys(now: number): Promise<void> {
    const fresh = await makeKey(cipher);
    const changed = await store.changeKeys((current) =>
      scheduleKeys(current, fresh, { now, rotationMs: options.keyRotationMs }),
    );
    if (changed.some(({ kid }) => kid === fresh.kid)) {
      log('info', 'oauth_key_made', { kid: fresh.kid });
      note({ at: now, kind: 'key_rotated', by: 'schedule', detail: fresh.kid });
    }
    await takeKeys(changed);
  }

  async function takeKeys(next: readonly StoredKey[]): Promise<void> {
    if (keys.length > 0 && JSON.stringify(next) === JSON.stringify(stored)) return;
    const opened = await openKeys(next, cipher);
    if ('fault' in opened) throw new Error(`the signing key ${opened.kid} cannot be used: ${opened.fault}`);
    stored = next;
    keys = opened;
    const before = text;
    text = publishKeys(keys, clock.wall());
    if (text !== before) for (const listener of listeners) listener();
  }

  function tick(): Promise<void> {
    return (ticking ??= refreshOrLog().finally(() => (ticking = undefined)));
  }

  async function refreshOrLog(): Promise<void> {
    try {
      await refresh();
      if (lastFault !== undefined) log('info', 'oauth_store_back');
      lastFault = undefined;
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      // Once for each reason, not five times a second.
      if (fault.message !== lastFault?.message) {
        const fields = { error: fault.message, going_on_with_old: loaded };
        if (error instanceof StoreUnavailable) log('error', 'oauth_store_unavailable', fields);
        else log('error', 'oauth_refresh_failed', fields);
      }
      lastFault = fault;
    }
  }

  return {
    ready: () => loaded,
    current: () => lastFault === undefined,
    client: (id) => clients.get(id),
    keys: () => keys,
    signer: (now) => keyThatSigns(keys, now),
    published: {
      text: () => text,
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    revocations,
    async takeOver() {
      // One under way may have read what was there before.
      await ticking;
      await tick();
    },
    async start() {
      await tick();
      if (lastFault instanceof StoreUnusable) throw lastFault;
      stopTicking = clock.every(POLL_MS, () => void tick());
    },
    close() {
      stopTicking?.();
      listeners.clear();
    },
  };
}
