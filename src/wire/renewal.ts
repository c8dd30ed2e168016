/**
 * Files that are replaced while the gateway runs: certificates, their keys, and
 * the authorities that signed somebody's. They are looked at every ten seconds,
 * which works on every file system and in containers, where a watch often does
 * not. What cannot be used is said once, and what was there goes on serving.
 */
import { readFile } from 'node:fs/promises';
import { type Certificate, readCertificate, readChain } from '../certificate.ts';
import type { World } from '../world.ts';

/** A certificate, and where it is kept. */
export interface StoredCertificate extends Certificate {
  /** Absolute. */
  readonly certFile: string;
  /** Absolute. */
  readonly keyFile: string;
}

/** Files that are only good together. */
export interface FileSet {
  /** Absolute; the first is what the log calls the set. */
  readonly files: readonly string[];
  /** What was read of them at start, in the same order. */
  readonly texts: readonly string[];
  /** Puts what the files hold now in the place of what was there: what to say of it, or why it cannot be used. */
  take(texts: readonly string[]): Readonly<Record<string, unknown>> | string;
}

/** A certificate with its key. `use` puts new ones in place; it may throw, and must then have changed nothing. */
export function certificateFiles(
  { cert, key, certFile, keyFile }: StoredCertificate,
  use: (renewed: Certificate) => void,
): FileSet {
  return {
    files: [certFile, keyFile],
    texts: [cert, key],
    take([newCert, newKey]) {
      const renewed = readCertificate(newCert!, newKey!);
      if ('problem' in renewed) return renewed.problem;
      use(renewed);
      return { names: renewed.names, not_after: new Date(renewed.notAfter).toISOString() };
    },
  };
}

/** Those who may have signed somebody's certificate; `use` as above. */
export function authorityFiles(
  { pem, file }: { readonly pem: string; readonly file: string },
  use: (pem: string) => void,
): FileSet {
  return {
    files: [file],
    texts: [pem],
    take([text]) {
      const chain = readChain(text!);
      if (typeof chain === 'string') return chain;
      use(text!);
      return { authorities: chain.map(({ subject }) => subject) };
    },
  };
}

const RENEWAL_MS = 10_000;

/** Begins to look; returns how to stop. */
export function renewFromDisk(sets: readonly FileSet[], { clock, log }: World): () => void {
  const entries = sets.map((set) => {
    const text = JSON.stringify(set.texts);
    return { set, seen: text, judged: text };
  });

  async function look(): Promise<void> {
    for (const entry of entries) {
      const { files } = entry.set;
      const read = await readAll(files);
      const text = JSON.stringify(read);
      // Whoever writes two files writes one first: they are judged once they have stood still for two looks.
      const settled = text === entry.seen;
      entry.seen = text;
      if (!settled || text === entry.judged) continue;
      entry.judged = text;
      const taken = typeof read === 'string' ? read : takeGuarded(entry.set, read);
      if (typeof taken === 'string') log('error', 'certificate_rejected', { file: files[0], problem: taken });
      else log('info', 'certificate_changed', { file: files[0], ...taken });
    }
  }

  let looking = false;
  return clock.every(RENEWAL_MS, () => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  });
}

/** OpenSSL has an opinion of its own, and throws it. */
function takeGuarded(set: FileSet, texts: readonly string[]): ReturnType<FileSet['take']> {
  try {
    return set.take(texts);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The texts, or why they cannot be had. */
async function readAll(files: readonly string[]): Promise<string[] | string> {
  try {
    return await Promise.all(files.map((file) => readFile(file, 'latin1')));
  } catch (error) {
    return (error as Error).message;
  }
}
