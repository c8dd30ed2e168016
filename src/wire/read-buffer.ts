/**
 * Where connections read. Heads, small bodies and whatever is handled at once
 * land in one buffer that all of them share, so that an open connection costs no
 * buffer. Only in the middle of a body, which may wait in the other side's
 * socket, does a connection have one of its own, and a large one only when it
 * fills a small one.
 */
export const READ_BYTES = 65_536;
const SMALL_BYTES = 4096;

/** Overwritten by the next read of any connection. */
export const SHARED_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES);

/** The bytes where they stand, if they may stay there; a copy if they stand where everybody reads. */
export function lasting(bytes: Buffer): Buffer {
  return bytes.buffer === SHARED_BUFFER.buffer ? Buffer.from(bytes) : bytes;
}

/**
 * Where the next piece of a body goes, after a read of `count` bytes into `last`.
 * `isHeld`: bytes of it are still being written from where they are.
 */
export function nextBodyBuffer(last: Buffer, count: number, isHeld: boolean): Buffer {
  const isLarge = count >= SMALL_BYTES;
  if (last !== SHARED_BUFFER && !isHeld && (!isLarge || last.length === READ_BYTES)) return last;
  return Buffer.allocUnsafeSlow(isLarge ? READ_BYTES : SMALL_BYTES);
}
