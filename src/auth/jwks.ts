/**
 * A JWK Set (RFC 7517) made into keys that can only verify, and only what fits
 * them: each key is bound here to the algorithms of its type, so a token's
 * header never picks how its own key is used (RFC 8725 §3.1). A key that must
 * not be used is left out and named; a set that leaves doubt is refused whole.
 * Costs one import for each key and algorithm, on a fetch that changed the set.
 */
import { type CryptoKey, type JWK, importJWK } from 'jose';
import { ALGORITHMS } from './algorithms.ts';
import { faultOfRsaKey } from './rsa-key.ts';

export const MAX_KEYS = 100;

export interface SkippedKey {
  /** The key's place in the set, from 0. */
  readonly index: number;
  readonly kid: string | undefined;
  readonly why: string;
}

export interface KeyIndex {
  /** How many keys can verify. */
  readonly size: number;
  readonly skipped: readonly SkippedKey[];
  /** Without a `kid`, the only key that fits `alg`, if it is the only one. */
  readonly find: (kid: string | undefined, alg: string) => CryptoKey | 'unknown_key' | 'algorithm';
}

/** One JWK: its keys by the algorithm each verifies. */
type Verifiers = ReadonlyMap<string, CryptoKey>;

/** The index, or what is wrong with the set as a whole. */
export async function readJwks(jwks: readonly unknown[]): Promise<KeyIndex | string> {
  if (jwks.length > MAX_KEYS) return `more than ${MAX_KEYS} keys`;
  const all: Verifiers[] = [];
  const byKid = new Map<string, Verifiers[]>();
  const skipped: SkippedKey[] = [];
  const taken = new Set<string>();
  for (const [index, jwk] of jwks.entries()) {
    const kid = isObject(jwk) && typeof jwk.kid === 'string' ? jwk.kid : undefined;
    // eslint-disable-next-line no-await-in-loop -- order decides nothing, but a hundred at once would crowd out requests
    const verifiers = await readKey(jwk);
    if (typeof verifiers === 'string') {
      skipped.push({ index, kid: kid?.slice(0, 64), why: verifiers });
      continue;
    }
    all.push(verifiers);
    if (kid === undefined) continue;
    const identity = `${(jwk as JWK).kty} ${kid}`;
    if (taken.has(identity)) return 'two keys of one type have the same kid';
    taken.add(identity);
    byKid.set(kid, [...(byKid.get(kid) ?? []), verifiers]);
  }
  if (all.length === 0) return 'no key that can verify a signature';

  return {
    size: all.length,
    skipped,
    find(kid, alg) {
      const candidates = kid === undefined ? all : byKid.get(kid);
      if (candidates === undefined) return 'unknown_key';
      const fitting = candidates.flatMap((verifiers) => verifiers.get(alg) ?? []);
      if (fitting.length === 1) return fitting[0]!;
      return kid === undefined ? 'unknown_key' : 'algorithm';
    },
  };
}

/** The key's verifiers, or why it has none. */
async function readKey(jwk: unknown): Promise<Verifiers | string> {
  if (!isObject(jwk)) return 'not an object';
  if (jwk.kty === 'oct') return 'a symmetric key';
  if (Object.hasOwn(jwk, 'd') || Object.hasOwn(jwk, 'p')) return 'a private key: its owner should replace it';
  if (Object.hasOwn(jwk, 'use') && jwk.use !== 'sig') return 'not for signatures (use)';
  if (Object.hasOwn(jwk, 'key_ops') && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) {
    return 'not for verifying (key_ops)';
  }
  const fitting = [...ALGORITHMS].filter(
    ([, { kty, crv }]) => kty === jwk.kty && (crv === undefined || crv === jwk.crv),
  );
  if (fitting.length === 0) return 'an unsupported type or curve';
  const bound = Object.hasOwn(jwk, 'alg') ? fitting.filter(([name]) => name === jwk.alg) : fitting;
  if (bound.length === 0) return 'an algorithm that is unsupported or not of its type';
  const weakness = jwk.kty === 'RSA' ? faultOfRsaKey(jwk.n, jwk.e) : undefined;
  if (weakness !== undefined) return weakness;
  // Only what makes the public key: `x5u`, `ext` and the rest have no say.
  const { kty, crv, x, y, n, e } = jwk as JWK;
  const bare = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined));
  try {
    return new Map(
      await Promise.all(
        bound.map(async ([name]) => [name, (await importJWK(bare as JWK, name)) as CryptoKey] as const),
      ),
    );
  } catch {
    return 'broken: not a key of its type, or not a point on its curve';
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
