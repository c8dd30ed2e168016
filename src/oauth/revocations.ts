/**
 * What is revoked, in memory: exact, and found by at most five look-ups, whatever
 * the length of the list; by one comparison while nothing is revoked. A grain
 * never shields from another: a token is revoked as soon as one says so. What
 * was issued is told by `iat`; a token without one counts as issued at the
 * beginning of time.
 */
import type { StoredRevocation } from '../store/store.ts';

export interface Revocations {
  readonly isRevoked: (claims: Readonly<Record<string, unknown>>) => boolean;
  /** Replaces the list. */
  readonly load: (revocations: readonly StoredRevocation[], now: number) => void;
  readonly add: (revocation: StoredRevocation) => void;
  /** Forgets what has expired. */
  readonly trim: (now: number) => void;
  readonly size: () => number;
}

interface OfIssuer {
  /** `-Infinity`: nothing. */
  issuedUntil: number;
  readonly tokens: Set<string>;
  /** To the time up to which what was issued is revoked. */
  readonly clients: Map<string, number>;
  readonly subjects: Map<string, number>;
}

export function createRevocations(): Revocations {
  let all: readonly StoredRevocation[] = [];
  let byIssuer: ReadonlyMap<unknown, OfIssuer> = new Map();
  let nextExpiryAt = Infinity;

  function load(revocations: readonly StoredRevocation[], now: number): void {
    all = revocations.filter(({ expiresAt }) => now < expiresAt);
    byIssuer = index(all);
    nextExpiryAt = all.reduce((first, { expiresAt }) => Math.min(first, expiresAt), Infinity);
  }

  return {
    isRevoked(claims) {
      if (byIssuer.size === 0) return false;
      const revoked = byIssuer.get(claims.iss);
      if (revoked === undefined) return false;
      const issuedAt = typeof claims.iat === 'number' ? claims.iat * 1000 : 0;
      return (
        issuedAt <= revoked.issuedUntil ||
        revoked.tokens.has(claims.jti as string) ||
        reaches(revoked.clients, claims.client_id, issuedAt) ||
        reaches(revoked.clients, claims.azp, issuedAt) ||
        reaches(revoked.subjects, claims.sub, issuedAt)
      );
    },
    load,
    add: (revocation) => load([...all, revocation], revocation.createdAt),
    trim(now) {
      if (nextExpiryAt <= now) load(all, now);
    },
    size: () => all.length,
  };
}

function reaches(untils: ReadonlyMap<unknown, number>, name: unknown, issuedAt: number): boolean {
  const issuedUntil = untils.get(name);
  return issuedUntil !== undefined && issuedAt <= issuedUntil;
}

function index(all: readonly StoredRevocation[]): ReadonlyMap<string, OfIssuer> {
  const byIssuer = new Map<string, OfIssuer>();
  for (const { issuer, grain, value, issuedUntil } of all) {
    let of = byIssuer.get(issuer);
    if (of === undefined) {
      of = { issuedUntil: -Infinity, tokens: new Set(), clients: new Map(), subjects: new Map() };
      byIssuer.set(issuer, of);
    }
    if (grain === 'issuer') of.issuedUntil = Math.max(of.issuedUntil, issuedUntil);
    else if (grain === 'token') of.tokens.add(value);
    else {
      const untils = grain === 'client' ? of.clients : of.subjects;
      untils.set(value, Math.max(untils.get(value) ?? -Infinity, issuedUntil));
    }
  }
  return byIssuer;
}
