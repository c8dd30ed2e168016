/**
 * The name of one request in the access log, the refusal and the service's own
 * log. A trusted proxy may have given it already; anyone else's would let a
 * caller forge the trail.
 */
import { randomHex } from './random-hex.ts';

const SAFE = /^[A-Za-z0-9._-]{1,128}$/;

/** 128 random bits. */
export function createRequestId(): string {
  return randomHex(32);
}

/** `given` if it is safe in a header and a log, else a new one. Ask only for what a trusted peer sent. */
export function keepRequestId(given: string | undefined): string {
  return given !== undefined && SAFE.test(given) ? given : createRequestId();
}
