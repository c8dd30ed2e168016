/**
 * Who a verified token speaks for. Made once when a token is verified and kept
 * with it in the cache, so whatever a request needs of it is worked out here.
 */
import { thumbprintOf } from './claims.ts';
import { readScopes } from './scopes.ts';

export interface Principal {
  readonly issuer: string;
  readonly subject: string | undefined;
  /** `client_id` (RFC 9068 §2.2), else `azp`. */
  readonly clientId: string | undefined;
  readonly scopes: ReadonlySet<string>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** SHA-256 in hexadecimal of the client certificate without which the token is worth nothing. */
  readonly boundTo: string | undefined;
  /** Wall clock; may have a fraction. */
  readonly expiresAtMs: number;
  /** What a limit `by: user` counts: issuer and subject, in a form no other pair shares. */
  readonly callerKey: string;
  /** Header text by claim injector; filled when first rendered, so that a cached token costs no second rendering. */
  readonly rendered: (string | undefined)[];
}

/** The claims have been checked: `iss` and `exp` are there, and `sub` is a string if it is there. */
export function createPrincipal(claims: Readonly<Record<string, unknown>>): Principal {
  const issuer = claims.iss as string;
  const subject = textOf(claims, 'sub');
  const clientId = textOf(claims, 'client_id') ?? textOf(claims, 'azp');
  return {
    issuer,
    subject,
    clientId,
    scopes: readScopes(claims),
    claims,
    boundTo: Object.hasOwn(claims, 'cnf') ? thumbprintOf(claims.cnf) : undefined,
    expiresAtMs: (claims.exp as number) * 1000,
    callerKey: callerKeyOf(issuer, subject, clientId),
    rendered: [],
  };
}

// A subject is unique only within its issuer, and `a` + `bc` must not be `ab` + `c`. A token that names
// nobody is counted by its client, and failing that with all the nameless of its issuer.
function callerKeyOf(issuer: string, subject: string | undefined, clientId: string | undefined): string {
  const prefix = `${issuer.length}:${issuer}`;
  if (subject !== undefined) return `${prefix}s${subject}`;
  return clientId === undefined ? prefix : `${prefix}c${clientId}`;
}

function textOf(claims: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
