/**
 * Client secrets and ids. A secret is `gths_`, 256 bits of chance in base62 (43
 * characters) and their CRC-32 in base62 (6 characters): secret scanners find it
 * by its form, and a typo is told from a wrong secret without asking anybody.
 * Only its SHA-256 is kept; with that much chance a slow hash would only help
 * those who flood the token endpoint.
 */
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'gths_';
const [CHANCE_BYTES, CHANCE_CHARS, CHECK_CHARS] = [32, 43, 6];
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${CHANCE_CHARS + CHECK_CHARS}}$`);
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function makeSecret(): string {
  const chance = base62(BigInt(`0x${randomBytes(CHANCE_BYTES).toString('hex')}`), CHANCE_CHARS);
  return `${PREFIX}${chance}${checkOf(chance)}`;
}

/** Whether it looks like a secret of ours that lost or changed a character on its way. Says nothing about whose it is. */
export function isMistyped(secret: string): boolean {
  if (!secret.startsWith(PREFIX)) return false;
  const end = PREFIX.length + CHANCE_CHARS;
  return !FORM.test(secret) || checkOf(secret.slice(PREFIX.length, end)) !== secret.slice(end);
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Readable in a log, and not to be guessed from the name: `billing-7f3k9q2mzd`. */
export function makeClientId(name: string): string {
  const [letters, count] = ['23456789abcdefghjkmnpqrstuvwxyz'.padEnd(32, '1'), 10];
  return `${name}-${[...randomBytes(count)].map((byte) => letters[byte % letters.length]).join('')}`;
}

function checkOf(chance: string): string {
  return base62(BigInt(crc32(chance)), CHECK_CHARS);
}

function base62(number: bigint, length: number): string {
  let text = '';
  for (let rest = number; rest > 0n; rest /= 62n) text = DIGITS[Number(rest % 62n)]! + text;
  return text.padStart(length, '0');
}
