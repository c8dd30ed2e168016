/** Rotating the signing keys by hand. */
import type { StoredKey } from '../store/store.ts';
import { createKeyCipher } from './key-cipher.ts';
import { replaceKeys, rotateKeys } from './key-schedule.ts';
import type { Desk } from './desk.ts';
import { makeKey } from './signing-keys.ts';

/** `atOnce`: the keys before are published no more, for when one is in strange hands; every token of theirs is lost. */
export async function rotateByHand(
  desk: Desk,
  { passphrase, atOnce }: { readonly passphrase: string | undefined; readonly atOnce: boolean },
): Promise<readonly StoredKey[]> {
  const fresh = await makeKey(createKeyCipher(passphrase));
  const now = desk.now();
  const keys = await desk.store.changeKeys((before) =>
    atOnce ? replaceKeys(fresh, now) : rotateKeys(before, fresh, now),
  );
  if (keys.some(({ kid }) => kid === fresh.kid)) {
    desk.note({ at: now, kind: 'key_rotated', by: desk.by, detail: atOnce ? `${fresh.kid}, at once` : fresh.kid });
  }
  return keys;
}
