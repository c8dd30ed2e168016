/**
 * The addresses of one name, asked for again when their TTL is over. While the
 * resolver is out, or answers nothing, the last known ones stand. Whatever the
 * answer says, it is asked within bounds and believed within bounds. No request
 * waits for it but the ones before the very first answer, and those wait together.
 */
import type { LookupFunction } from 'node:net';
import type { Clock } from '../world.ts';
import type { Resolve, Resolved } from './resolve.ts';

export interface NameWatchParts {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly resolve: Resolve;
  /** Told of each new set of addresses; never of an empty one. */
  readonly changed: (addresses: readonly string[]) => void;
  /** Told when the resolver is out, with why, and when it is back. */
  readonly troubled: (fault: string | undefined) => void;
}

export interface NameWatch {
  /** For connections that are made before the first answer. */
  readonly lookup: LookupFunction;
  failures(): number;
  /** Called a few times a second with the monotonic time. */
  tick(nowMs: number): void;
  close(): void;
}

/** A TTL of 0 would be a query for each tick; one of a week would outlive the service. */
const LEAST_TTL_MS = 5_000;
const MOST_TTL_MS = 300_000;
const DEFAULT_TTL_MS = 30_000;
/** So much of it is left to chance, lest all gateways ask at one moment. */
const JITTER = 0.1;
const RETRY_MS = 5_000;
const PATIENCE_MS = 10_000;
/** Each is a pool and a circuit. */
export const MOST_ADDRESSES = 64;

export function watchName(host: string, { clock, random, resolve, changed, troubled }: NameWatchParts): NameWatch {
  let addresses: readonly string[] = [];
  let dueAt = clock.monotonic();
  /** When the query under way was sent. */
  let askedAt: number | undefined;
  /** An answer to an earlier query than this comes too late. */
  let query = 0;
  let failures = 0;
  let isTroubled = false;
  let isClosed = false;
  const waiting = new Set<(error: NodeJS.ErrnoException | null) => void>();

  function answerWaiting(error: NodeJS.ErrnoException | null): void {
    for (const answer of waiting) answer(error);
    waiting.clear();
  }

  function accept({ addresses: answered, ttlMs = DEFAULT_TTL_MS }: Resolved): void {
    const fresh = new Set(answered);
    if (fresh.size === 0) return fail('no addresses');
    askedAt = undefined;
    dueAt = clock.monotonic() + Math.min(Math.max(ttlMs, LEAST_TTL_MS), MOST_TTL_MS) * (1 - JITTER * random());
    if (isTroubled) troubled(undefined);
    isTroubled = false;
    // Those in use stay in use: of a thousand, an answer may show other ones each time.
    const kept = addresses.filter((address) => fresh.has(address));
    const next = [...kept, ...[...fresh].filter((address) => !kept.includes(address))].slice(0, MOST_ADDRESSES);
    const isSame = next.length === addresses.length && kept.length === addresses.length;
    addresses = next;
    if (!isSame) changed(next);
    answerWaiting(null);
  }

  function fail(fault: string): void {
    askedAt = undefined;
    failures++;
    dueAt = clock.monotonic() + RETRY_MS;
    if (!isTroubled) troubled(fault);
    isTroubled = true;
    answerWaiting(Object.assign(new Error(fault), { code: 'ENOTFOUND' }));
  }

  function ask(nowMs: number): void {
    askedAt = nowMs;
    const mine = ++query;
    resolve(host).then(
      (resolved) => {
        if (mine === query && !isClosed) accept(resolved);
      },
      (error: unknown) => {
        if (mine === query && !isClosed) fail(codeOf(error));
      },
    );
  }

  return {
    lookup(_host, { all }, answer) {
      waiting.add((error) => {
        const [first] = addresses;
        if (error !== null || first === undefined) answer(error, []);
        else if (all === true) answer(null, addresses.map(recordOf));
        else answer(null, first, familyOf(first));
      });
      if (addresses.length > 0) answerWaiting(null);
    },
    failures: () => failures,
    tick(nowMs) {
      if (isClosed) return;
      if (askedAt !== undefined && nowMs - askedAt >= PATIENCE_MS) {
        query++;
        fail('timeout');
      }
      if (askedAt === undefined && nowMs >= dueAt) ask(nowMs);
    },
    close() {
      isClosed = true;
      answerWaiting(Object.assign(new Error('closed'), { code: 'ECANCELLED' }));
    },
  };
}

function recordOf(address: string): { readonly address: string; readonly family: number } {
  return { address, family: familyOf(address) };
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
