/**
 * A key set fetched from an issuer, kept for its TTL and renewed before it is
 * stale.
 *
 * Requests never wait for a renewal while a usable set is at hand. An unknown
 * `kid` may mean a rotation, so it earns one early fetch, but at most one per
 * cooldown: otherwise any stranger could make us hammer the issuer. No unknown
 * `kid` is remembered, so a flood of them costs no memory. When the issuer is
 * down the last good set serves until `maxStaleMs`; after that, nobody's.
 * Ages run on the monotonic clock; a request with a known key costs two look-ups.
 */
import type { CryptoKey } from 'jose';
import type { Clock, Log } from '../world.ts';
import { type KeyIndex, readJwks } from './jwks.ts';
import { retryDelayMs } from './retry-delay.ts';

export interface KeySetOptions {
  readonly jwksUri: string;
  readonly ttlMs: number;
  /** How long a set serves after it was fetched, when it cannot be renewed. */
  readonly maxStaleMs: number;
}

/** Rejects when the set cannot be had, with a message for the operator. */
export type FetchKeys = (
  uri: string,
) => Promise<{ readonly keys: readonly unknown[]; readonly maxAgeMs: number | undefined }>;

export interface KeySetWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly fetchKeys: FetchKeys;
  /** From 0 up to 1, to spread retries. */
  readonly random?: () => number;
}

/** `unavailable`: the issuer could not be asked, so nobody can say whether there is such a key. */
export type KeyAnswer = CryptoKey | 'unknown_key' | 'algorithm' | 'unavailable';

export interface KeySetState {
  /** `undefined`: there is no usable set. */
  readonly ageMs: number | undefined;
  readonly keys: number;
  /** Past its TTL, and served only because it cannot be renewed. */
  readonly stale: boolean;
  readonly fetches: number;
  readonly failures: number;
  /** Of the latest fetch, if it failed. */
  readonly lastError: string | undefined;
}

export interface KeySet {
  /** At once when the key is at hand. */
  readonly keyFor: (kid: string | undefined, alg: string) => KeyAnswer | Promise<KeyAnswer>;
  /** Changes whenever the keys do: what was verified under another version must be verified again. */
  readonly version: () => number;
  readonly ready: () => boolean;
  /** Until the next attempt, for `Retry-After`. */
  readonly retryAfterMs: () => number;
  readonly state: () => KeySetState;
  /** Fetches now: whoever holds the keys says that they have changed. */
  readonly refresh: () => void;
  readonly start: () => void;
  readonly close: () => void;
}

const TICK_MS = 1000;
/** A fetch that takes longer is given up, and with it the requests that wait for it. */
const MAX_FETCH_MS = 5000;
/** Between two fetches that unknown keys ask for. */
const COOLDOWN_MS = 30_000;
const RENEW_AT = 0.8;
/** An issuer's `max-age` counts inside these. */
const [MIN_TTL_MS, MAX_TTL_MS] = [5 * 60_000, 15 * 60_000];

interface Flight {
  readonly number: number;
  readonly early: boolean;
  readonly startedAt: number;
  /** Settles with the fetch or when it is given up; never rejects. */
  readonly ended: Promise<void>;
  readonly end: () => void;
}

export function createKeySet(options: KeySetOptions, world: KeySetWorld): KeySet {
  const { jwksUri, maxStaleMs } = options;
  const { clock, log, fetchKeys, random = Math.random } = world;
  let current: { readonly index: KeyIndex; readonly text: string; fetchedAt: number; ttlMs: number } | undefined;
  let version = 0;
  let flight: Flight | undefined;
  let started = 0;
  let applied = 0;
  let failures = 0;
  let failuresInARow = 0;
  let lastError: string | undefined;
  let nextFetchAt = 0;
  let earlyFetchAt = -Infinity;
  let staleLogged = false;
  let skippedLogged = new Set<string>();
  let stopTicking: (() => void) | undefined;

  function begin(early: boolean): Flight {
    const startedAt = clock.monotonic();
    if (early) earlyFetchAt = startedAt + COOLDOWN_MS;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const begun = { number: ++started, early, startedAt, ended, end };
    flight = begun;
    void run(begun);
    return begun;
  }

  async function run(self: Flight): Promise<void> {
    try {
      const { keys, maxAgeMs } = await fetchKeys(jwksUri);
      const text = JSON.stringify(keys);
      const index = text === current?.text ? current.index : await readJwks(keys);
      if (typeof index === 'string') fail(self, index, 'error');
      else apply(self, { index, text, ttlMs: ttlOf(maxAgeMs) });
    } catch (error) {
      fail(self, error instanceof Error ? error.message : String(error), 'warn');
    }
    if (flight === self) flight = undefined;
    self.end();
  }

  function apply(self: Flight, set: { index: KeyIndex; text: string; ttlMs: number }): void {
    // A fetch that was given up may still end, but an older answer never replaces a newer one.
    if (self.number < applied || stopTicking === undefined) return;
    applied = self.number;
    const changed = set.text !== current?.text;
    // The answer is as old as its request: an issuer may have rotated while it was under way.
    current = { ...set, fetchedAt: self.startedAt };
    failuresInARow = 0;
    lastError = undefined;
    staleLogged = false;
    nextFetchAt = self.startedAt + set.ttlMs * RENEW_AT;
    if (!changed) return;
    version++;
    log('info', 'key_set_changed', { jwks_uri: jwksUri, keys: set.index.size });
    logSkipped(set.index);
  }

  function fail(self: Flight, message: string, level: 'warn' | 'error'): void {
    if (flight !== self || stopTicking === undefined) return;
    failures++;
    lastError = message;
    // A fetch that a stranger asked for has its own cooldown; retrying it would let strangers set the pace.
    if (!self.early || current === undefined) {
      nextFetchAt = clock.monotonic() + retryDelayMs(++failuresInARow, random);
    }
    log(level, 'key_set_fetch_failed', { jwks_uri: jwksUri, error: message, keeping_old: current !== undefined });
  }

  function logSkipped(index: KeyIndex): void {
    const lines = new Map(index.skipped.map((key) => [`${key.kid} ${key.why}`, key]));
    for (const [line, key] of lines) {
      if (!skippedLogged.has(line)) log('warn', 'key_skipped', { jwks_uri: jwksUri, ...key });
    }
    skippedLogged = new Set(lines.keys());
  }

  function ttlOf(maxAgeMs: number | undefined): number {
    if (maxAgeMs === undefined) return options.ttlMs;
    return Math.min(Math.max(maxAgeMs, Math.min(MIN_TTL_MS, options.ttlMs)), Math.max(MAX_TTL_MS, options.ttlMs));
  }

  function usable(): KeyIndex | undefined {
    if (current !== undefined && clock.monotonic() - current.fetchedAt > Math.max(maxStaleMs, current.ttlMs)) {
      current = undefined;
      version++;
      log('error', 'key_set_lost', { jwks_uri: jwksUri, error: lastError });
    }
    return current?.index;
  }

  function tick(): void {
    const now = clock.monotonic();
    if (flight !== undefined && now - flight.startedAt >= MAX_FETCH_MS) {
      const late = flight;
      fail(late, 'no answer in time', 'warn');
      flight = undefined;
      late.end();
    }
    usable();
    if (isStale(now) && !staleLogged) {
      staleLogged = true;
      log('warn', 'key_set_stale', { jwks_uri: jwksUri, error: lastError });
    }
    if (flight === undefined && now >= nextFetchAt) begin(false);
  }

  function isStale(now: number): boolean {
    return current !== undefined && now - current.fetchedAt > current.ttlMs;
  }

  /** The answer from what is at hand; `undefined` if a fetch might change it. */
  function answer(kid: string | undefined, alg: string): KeyAnswer | undefined {
    const index = usable();
    const key = index === undefined ? 'unavailable' : index.find(kid, alg);
    if (key !== 'unknown_key' && key !== 'unavailable') return key;
    if (flight !== undefined) return undefined;
    if (index !== undefined && stopTicking !== undefined && clock.monotonic() >= earlyFetchAt) return undefined;
    return lastError === undefined ? key : 'unavailable';
  }

  async function waitForKey(kid: string | undefined, alg: string): Promise<KeyAnswer> {
    await (flight ?? begin(true)).ended;
    const key = answer(kid, alg);
    if (key !== undefined) return key;
    // The fetch that was under way may have left before the rotation: this one earns its own, and then the answer stands.
    await (flight ?? begin(true)).ended;
    return usable()?.find(kid, alg) ?? 'unavailable';
  }

  return {
    keyFor: (kid, alg) => answer(kid, alg) ?? waitForKey(kid, alg),
    version: () => version,
    ready: () => usable() !== undefined,
    retryAfterMs() {
      const next = usable() === undefined ? nextFetchAt : Math.min(nextFetchAt, earlyFetchAt);
      return Math.max(TICK_MS, next - clock.monotonic());
    },
    state() {
      const index = usable();
      const now = clock.monotonic();
      return {
        ageMs: current === undefined ? undefined : now - current.fetchedAt,
        keys: index?.size ?? 0,
        stale: isStale(now),
        fetches: started,
        failures,
        lastError,
      };
    },
    refresh() {
      nextFetchAt = 0;
      if (stopTicking !== undefined) tick();
    },
    start() {
      stopTicking = clock.every(TICK_MS, tick);
      tick();
    },
    close() {
      stopTicking?.();
      stopTicking = undefined;
      flight?.end();
      flight = undefined;
    },
  };
}
