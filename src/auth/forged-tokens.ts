/**
 * Tokens whose signature was found wrong: a client that sends the same one again
 * and again, as broken clients do, is not worth a signature check each time. Held
 * by SHA-256, so that an entry is as small for every token, and in two
 * generations, so that a flood of different ones only pushes out others of its
 * kind: at most 4,096, about half a megabyte. A look-up costs about 2 µs.
 *
 * Nothing is ever accepted for what stands here, and a change of the keys empties it.
 */
import { hash } from 'node:crypto';

export interface ForgedTokens {
  /** `version`: of the keys it would be checked with. */
  has(token: string, version: number): boolean;
  add(token: string, version: number): void;
}

const GENERATION = 2048;

export function createForgedTokens(): ForgedTokens {
  let young = new Set<string>();
  let old = new Set<string>();
  let known: number | undefined;

  function follow(version: number): void {
    if (version === known) return;
    known = version;
    young = new Set();
    old = new Set();
  }

  return {
    has(token, version) {
      follow(version);
      // Where nothing is held there is nothing to look for.
      if (young.size === 0 && old.size === 0) return false;
      const digest = digestOf(token);
      return young.has(digest) || old.has(digest);
    },
    add(token, version) {
      follow(version);
      if (young.size >= GENERATION) {
        old = young;
        young = new Set();
      }
      young.add(digestOf(token));
    },
  };
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
