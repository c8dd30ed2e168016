/**
 * The text of a JWK set that a client hands in for `private_key_jwt`, checked by
 * whoever is handed it: the check of the configuration, the commands, the server.
 * What should not be there is refused whole, so that a private key handed in by
 * mistake is noticed by whoever did it.
 */
export interface PublicKeys {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

const MAX_KEYS = 10;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const KEY_TYPES = ['EC', 'OKP', 'RSA'];
const MIN_MODULUS_CHARS = Math.ceil(2048 / 6);

/** The keys, or what is wrong with the text of the set. */
export function readPublicKeys(text: string): PublicKeys | string {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  if (!isObject(set) || !Array.isArray(set.keys)) return 'not a JWK set, as in {"keys":[…]}';
  const keys: readonly unknown[] = set.keys;
  if (keys.length === 0) return 'without a key';
  if (keys.length > MAX_KEYS) return `one of more than ${MAX_KEYS} keys`;
  for (const key of keys) {
    if (!isObject(key) || !KEY_TYPES.includes(String(key.kty))) return 'one with a key that is neither EC, OKP nor RSA';
    if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(key, name))) {
      return 'one with a private key; hand in public keys only';
    }
    if (key.kty === 'RSA' && String(key.n).length < MIN_MODULUS_CHARS) {
      return 'one with an RSA key of less than 2048 bits';
    }
    if (keys.length > 1 && typeof key.kid !== 'string') return 'one of several keys, of which one has no kid';
  }
  const kids = new Set(keys.map((key) => (key as { kid?: string }).kid));
  if (kids.size !== keys.length) return 'one with two keys of the same kid';
  return set as unknown as PublicKeys;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
