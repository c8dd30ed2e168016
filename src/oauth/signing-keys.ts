/**
 * The keys at hand: made, opened and published. Opening costs an import for each
 * key, and with a passphrase one scrypt at start; signing costs a look through
 * two or three keys.
 */
import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { StoredKey } from '../store/store.ts';
import type { KeyCipher } from './key-cipher.ts';
import { isPublished, type KeyMaterial, signerOf } from './key-schedule.ts';

export const SIGNING_ALGORITHM = 'ES256';

export interface SigningKey extends Pick<StoredKey, 'kid' | 'signsFrom' | 'publishedUntil'> {
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export async function makeKey(cipher: KeyCipher): Promise<KeyMaterial> {
  const { privateKey, publicKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    kid,
    algorithm: SIGNING_ALGORITHM,
    publicJwk: JSON.stringify({ ...jwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' }),
    privateKey: await cipher.seal(kid, JSON.stringify(await exportJWK(privateKey))),
  };
}

/** The keys, or which of them cannot be used and why. */
export async function openKeys(
  stored: readonly StoredKey[],
  cipher: KeyCipher,
): Promise<readonly SigningKey[] | { readonly kid: string; readonly fault: string }> {
  const keys: SigningKey[] = [];
  for (const { kid, algorithm, publicJwk, privateKey, signsFrom, publishedUntil } of stored) {
    // eslint-disable-next-line no-await-in-loop -- the first derives the key that the others are opened with
    const opened = await cipher.open(kid, privateKey);
    if (typeof opened === 'string') return { kid, fault: opened };
    const jwk = JSON.parse(publicJwk) as JWK;
    // eslint-disable-next-line no-await-in-loop -- two or three of them
    const [own, shown] = await Promise.all([importKey(JSON.parse(opened.text), algorithm), importKey(jwk, algorithm)]);
    keys.push({ kid, signsFrom, publishedUntil, jwk, privateKey: own, publicKey: shown });
  }
  return keys;
}

export function keyThatSigns(keys: readonly SigningKey[], now: number): SigningKey | undefined {
  return signerOf(keys, now);
}

/** The text of the JWK set. */
export function publishKeys(keys: readonly SigningKey[], now: number): string {
  return JSON.stringify({ keys: keys.filter((key) => isPublished(key, now)).map(({ jwk }) => jwk) });
}

async function importKey(jwk: JWK, algorithm: string): Promise<CryptoKey> {
  return (await importJWK(jwk, algorithm)) as CryptoKey;
}
