/**
 * One limit of the configuration: whom it counts, which quota is theirs, and how
 * much of it is used. Several limits are taken together by `takeAll`. A request
 * costs one key and one look-up in the window; the header texts that do not
 * change are made with the limiter.
 */
import { createHash } from 'node:crypto';
import { claimAt } from '../claim-at.ts';
import type { SlidingWindow } from './sliding-window.ts';

interface Quota {
  readonly requests: number;
  readonly windowMs: number;
}

export interface LimiterOptions {
  readonly name: string;
  readonly by:
    | { readonly kind: 'address' | 'user' | 'client' }
    | { readonly kind: 'claim'; readonly path: readonly string[] };
  /** For callers without a plan, or with one that `plans` does not name. */
  readonly quota: Quota;
  readonly plans: { readonly claim: readonly string[]; readonly quotas: ReadonlyMap<string, Quota> } | undefined;
  readonly mode: 'enforce' | 'observe';
}

export interface Caller {
  /** From `addressKey`. */
  readonly addressKey: string;
  readonly principal:
    | {
        readonly issuer: string;
        /** Injective over issuer and subject. */
        readonly callerKey: string;
        readonly clientId: string | undefined;
        readonly claims: Readonly<Record<string, unknown>>;
      }
    | undefined;
}

export interface Limiter {
  readonly name: string;
  /** `address`: decides by the address alone, so it is taken before any signature is checked. */
  readonly stage: 'address' | 'caller';
  /** Counts and reports, and refuses nobody. */
  readonly observes: boolean;
  readonly counters: LimiterCounters;
  /** Whom it counts: the same text for the same caller, and for no other. */
  keyOf(caller: Caller): string;
  /** The caller's slot now. Good until another caller's is asked for. */
  slotOf(caller: Caller, nowMs: number): number;
  hasRoom(caller: Caller, slot: number): boolean;
  charge(caller: Caller, slot: number): void;
  refund(caller: Caller, chargedAtMs: number): void;
  /** How long until one more request fits. */
  waitMs(caller: Caller, slot: number, nowMs: number): number;
  /** The member of `RateLimit-Policy`. */
  policyOf(caller: Caller): string;
  /** The member of `RateLimit`: what remains, and the seconds until more does. */
  stateOf(caller: Caller, slot: number, nowMs: number): string;
  callers(): number;
  evictions(): number;
}

/** What a limiter counts, and may find counted already. */
export interface LimiterCounts {
  readonly counters: LimiterCounters;
  readonly windowOf: (windowMs: number) => SlidingWindow;
}

export interface LimiterCounters {
  allowed: number;
  refused: number;
  /** What `observe` would have refused. */
  wouldRefuse: number;
}

interface Tier {
  readonly quota: number;
  readonly window: SlidingWindow;
  readonly policy: string;
}

/** What the counters can hold; a larger quota is no limit anyhow. */
const MOST_REQUESTS = 0xffff_ffff;
/** A claim can be as long as a token. Keys over this are replaced by their digest, so that memory stays bounded. */
const MOST_KEY_CHARS = 200;

export function createLimiter(options: LimiterOptions, { counters, windowOf }: LimiterCounts): Limiter {
  const { name, by, plans } = options;
  const label = sfString(name);
  /** Tiers of one window length share their counts: a caller who changes plan keeps what is used. */
  const windows = new Map<number, SlidingWindow>();

  function tierOf({ requests, windowMs }: Quota): Tier {
    let window = windows.get(windowMs);
    if (window === undefined) {
      window = windowOf(windowMs);
      windows.set(windowMs, window);
    }
    const quota = Math.min(requests, MOST_REQUESTS);
    return { quota, window, policy: `${label};q=${quota};w=${Math.ceil(windowMs / 1000)}` };
  }

  const defaultTier = tierOf(options.quota);
  const tiers = new Map([...(plans?.quotas ?? [])].map(([plan, quota]) => [plan, tierOf(quota)]));

  function tierFor({ principal }: Caller): Tier {
    if (plans === undefined || principal === undefined) return defaultTier;
    const plan = claimAt(principal.claims, plans.claim);
    return (typeof plan === 'string' ? tiers.get(plan) : undefined) ?? defaultTier;
  }

  const everyWindow = [...windows.values()];
  return {
    name,
    stage: by.kind === 'address' && plans === undefined ? 'address' : 'caller',
    observes: options.mode === 'observe',
    counters,
    keyOf: (caller) => keyOf(by, caller),
    slotOf: (caller, nowMs) => tierFor(caller).window.slotOf(keyOf(by, caller), nowMs),
    hasRoom(caller, slot) {
      const { window, quota } = tierFor(caller);
      return window.used(slot) < quota;
    },
    charge(caller, slot) {
      const { window, quota } = tierFor(caller);
      window.count(slot, quota);
      counters.allowed++;
    },
    refund(caller, chargedAtMs) {
      tierFor(caller).window.refund(keyOf(by, caller), chargedAtMs);
      counters.allowed--;
    },
    waitMs(caller, slot, nowMs) {
      const { window, quota } = tierFor(caller);
      return window.untilFreeMs(slot, quota, nowMs);
    },
    policyOf: (caller) => tierFor(caller).policy,
    stateOf(caller, slot, nowMs) {
      const { window, quota } = tierFor(caller);
      // A plan that became smaller may leave more used than there is.
      const remaining = Math.max(0, quota - window.used(slot));
      return `${label};r=${remaining};t=${Math.ceil(window.untilFreeMs(slot, quota, nowMs) / 1000)}`;
    },
    callers: () => everyWindow.reduce((sum, window) => sum + window.size(), 0),
    evictions: () => everyWindow.reduce((sum, window) => sum + window.evictions(), 0),
  };
}

/**
 * Who is counted. The first letter keeps the kinds apart and the length before
 * the issuer keeps its parts apart: `a` + `bc` is not `ab` + `c`. Whoever is not
 * known is counted by address, so a bad token never gives a fresh quota.
 */
function keyOf(by: LimiterOptions['by'], { addressKey, principal }: Caller): string {
  if (by.kind === 'address' || principal === undefined) return `a${addressKey}`;
  const key = principalKey(by, principal);
  if (key === undefined) return `a${addressKey}`;
  return key.length <= MOST_KEY_CHARS ? key : `h${createHash('sha256').update(key, 'utf16le').digest('base64url')}`;
}

function principalKey(by: LimiterOptions['by'], principal: NonNullable<Caller['principal']>): string | undefined {
  if (by.kind === 'user') return `u${principal.callerKey}`;
  if (by.kind === 'claim') {
    const value = claimAt(principal.claims, by.path);
    if (value === undefined || value === null || value === '') return undefined;
    // The string "1" and the number 1 are two callers.
    return `k${issuerPart(principal.issuer)}${JSON.stringify(value)}`;
  }
  return principal.clientId === undefined ? undefined : `c${issuerPart(principal.issuer)}${principal.clientId}`;
}

function issuerPart(issuer: string): string {
  return `${issuer.length}:${issuer}`;
}

/** A String of Structured Fields (RFC 9651 §3.3.3); what it cannot hold becomes `_`. */
function sfString(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '_').replace(/["\\]/g, '\\$&')}"`;
}
