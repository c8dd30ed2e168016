/**
 * The `traceparent` sent to a service (W3C Trace Context): the caller's trace
 * continued under a parent id of our own, or a new one. `tracestate` belongs to
 * the trace it came with, so it passes only where that one is continued.
 */
import { randomHex } from './random-hex.ts';

export interface Trace {
  readonly traceparent: string;
  readonly continued: boolean;
}

/** Version, trace id, parent id, flags; a version to come may append to it (§3.2.4), `ff` is none. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;
/** Sampled, and trace id random: the flags we know. Others are not passed on (§3.2.2.5). */
const KNOWN_FLAGS = 0b11;

export function nextTrace(traceparent: string | undefined): Trace {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  // Version 00 has nothing after its flags.
  if (match === null || (match[1] === '00' && match[4] !== undefined)) {
    // Sampled: services follow the flag, and a 0 from here would silence every trace that begins at the gateway.
    return { traceparent: `00-${newId(32)}-${newId(16)}-01`, continued: false };
  }
  const flags = Number.parseInt(match[3]!, 16) & KNOWN_FLAGS;
  return { traceparent: `00-${match[2]}-${newId(16)}-0${flags}`, continued: true };
}

function newId(chars: number): string {
  const id = randomHex(chars);
  // All zeros is no id.
  return /[^0]/.test(id) ? id : newId(chars);
}
