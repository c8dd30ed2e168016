/** Secrets: by reference alone, so that whoever may read the configuration cannot read them. */
import { createHash } from 'node:crypto';
import type { Path } from './faults.ts';
import { readNamed, type Surroundings } from './files.ts';

const MIN_CHARS = 32;

/** What a reference stands for; a secret that is written out is a fault. */
export function resolveSecret(text: string | undefined, path: Path, around: Surroundings): string | undefined {
  if (text === undefined) return undefined;
  if (text.startsWith('file:')) return readNamed(text.slice('file:'.length), path, around)?.text.trimEnd();
  if (!around.report.written(path).includes('${')) {
    around.report.error(
      path,
      'a secret stands in the file for all to read; write `${NAME}` and set the variable, or `file:PATH`',
    );
  }
  return text;
}

/** The SHA-256 in hexadecimal of a secret that a machine made: the one thing needed to know it again. `whose` is it, in words. */
export function resolveSecretHash(
  text: string | undefined,
  whose: string,
  path: Path,
  around: Surroundings,
): string | undefined {
  const secret = resolveSecret(text, path, around);
  if (secret === undefined) return undefined;
  if (secret.length < MIN_CHARS) {
    around.report.error(
      path,
      `the ${whose} has ${secret.length} characters; make one of at least ${MIN_CHARS}, as with \`openssl rand -base64 32\``,
    );
  }
  return createHash('sha256').update(secret).digest('hex');
}
