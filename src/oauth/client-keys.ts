/**
 * The public keys of a client that proves itself by `private_key_jwt`. What
 * should not be there is refused whole, so that a private key handed in by
 * mistake is noticed by whoever did it.
 */
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** Asymmetric ones only: with HMAC the server would have to keep the secret itself (RFC 8725 §3.1). */
export const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'];
const MAX_KEYS = 10;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const KEY_TYPES = ['EC', 'OKP', 'RSA'];
const MIN_MODULUS_CHARS = Math.ceil(2048 / 6);

/** The keys, or what is wrong with the text of the set. */
export function readClientKeys(text: string): JWTVerifyGetKey | string {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  if (!isObject(set) || !Array.isArray(set.keys)) return 'not a JWK set, as in {"keys":[…]}';
  const keys: readonly unknown[] = set.keys;
  if (keys.length === 0) return 'no key';
  if (keys.length > MAX_KEYS) return `more than ${MAX_KEYS} keys`;
  for (const key of keys) {
    if (!isObject(key) || !KEY_TYPES.includes(String(key.kty))) return 'a key that is neither EC, OKP nor RSA';
    if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(key, name))) return 'a private key; hand in public keys only';
    if (key.kty === 'RSA' && String(key.n).length < MIN_MODULUS_CHARS) return 'an RSA key of less than 2048 bits';
    if (keys.length > 1 && typeof key.kid !== 'string') return 'several keys, and one of them has no kid';
  }
  const kids = new Set(keys.map((key) => (key as { kid?: string }).kid));
  if (kids.size !== keys.length) return 'two keys with the same kid';
  return createLocalJWKSet(set as unknown as JSONWebKeySet);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
