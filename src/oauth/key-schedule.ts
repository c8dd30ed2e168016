/**
 * When which key signs. The next key is published `PUBLISH_AHEAD_MS` before it
 * signs, so that whoever keeps a key set has it by then; the one before stays
 * published until its last token has expired. Pure functions over what the
 * store keeps: run inside its transaction, two processes make one key.
 */
import type { StoredKey } from '../store/store.ts';

/** What a new key is made of before it has its place. */
export type KeyMaterial = Pick<StoredKey, 'kid' | 'algorithm' | 'publicJwk' | 'privateKey'>;

/** Key sets are kept for 15 minutes at most; the rest is for clocks and polls. */
export const PUBLISH_AHEAD_MS = 20 * 60_000;
/** No token lasts longer. */
export const MAX_TOKEN_TTL_MS = 60 * 60_000;
/** What clocks may differ by, wherever something is kept until a token has expired. */
export const EXPIRY_MARGIN_MS = 5 * 60_000;

export function areKeysDue(keys: readonly StoredKey[], now: number, rotationMs: number): boolean {
  const newest = newestOf(keys);
  return newest === undefined || isRotationDue(newest, now, rotationMs) || keys.some((key) => !isPublished(key, now));
}

/** The keys as they should be: `fresh` is used where one is due, and else forgotten. */
export function scheduleKeys(
  keys: readonly StoredKey[],
  fresh: KeyMaterial,
  { now, rotationMs }: { readonly now: number; readonly rotationMs: number },
): readonly StoredKey[] {
  const kept = keys.filter((key) => isPublished(key, now));
  const newest = newestOf(kept);
  // Nobody can have kept the set without the first key.
  if (newest === undefined) return [begin(fresh, now, now)];
  if (!isRotationDue(newest, now, rotationMs)) return kept;
  return succeed(kept, begin(fresh, now, Math.max(newest.signsFrom + rotationMs, now + PUBLISH_AHEAD_MS)));
}

/** By command: the next key signs as soon as it may. One that already waits is the next key. */
export function rotateKeys(keys: readonly StoredKey[], fresh: KeyMaterial, now: number): readonly StoredKey[] {
  const kept = keys.filter((key) => isPublished(key, now));
  const newest = newestOf(kept);
  if (newest === undefined) return [begin(fresh, now, now)];
  if (newest.signsFrom > now) return kept;
  return succeed(kept, begin(fresh, now, now + PUBLISH_AHEAD_MS));
}

/** When a private key is in strange hands: none of the others verifies from here on, and what they signed is lost. */
export function replaceKeys(fresh: KeyMaterial, now: number): readonly StoredKey[] {
  return [begin(fresh, now, now)];
}

export function signerOf<Key extends Pick<StoredKey, 'signsFrom'>>(keys: readonly Key[], now: number): Key | undefined {
  return keys.filter((key) => key.signsFrom <= now).toSorted((a, b) => b.signsFrom - a.signsFrom)[0];
}

export function isPublished(key: Pick<StoredKey, 'publishedUntil'>, now: number): boolean {
  return key.publishedUntil === undefined || now < key.publishedUntil;
}

function isRotationDue(newest: StoredKey, now: number, rotationMs: number): boolean {
  return newest.signsFrom + rotationMs - PUBLISH_AHEAD_MS <= now;
}

function newestOf(keys: readonly StoredKey[]): StoredKey | undefined {
  return keys.toSorted((a, b) => b.signsFrom - a.signsFrom)[0];
}

function begin(fresh: KeyMaterial, createdAt: number, signsFrom: number): StoredKey {
  return { ...fresh, createdAt, signsFrom, signsUntil: undefined, publishedUntil: undefined };
}

function succeed(keys: readonly StoredKey[], next: StoredKey): readonly StoredKey[] {
  const signsUntil = next.signsFrom;
  const publishedUntil = signsUntil + MAX_TOKEN_TTL_MS + EXPIRY_MARGIN_MS;
  return [...keys.map((key) => (key.signsUntil === undefined ? { ...key, signsUntil, publishedUntil } : key)), next];
}
