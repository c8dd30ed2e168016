/**
 * A compact JWS (RFC 7515 §7.1) taken apart so that a token has exactly one
 * spelling: three parts, canonical base64url, strict JSON. Otherwise a cache or
 * a list of revoked tokens is passed by with a second spelling. The header is
 * read here. Of the claims, only whether they are over is looked at before the
 * signature is known to fit.
 */
import type { TokenFault } from '../refusal.ts';
import { readJsonObject } from './strict-json.ts';

/** Counted in characters, which base64url makes bytes. */
export const MAX_TOKEN_LENGTH = 16 * 1024;
const MAX_KID_LENGTH = 256;

export interface CompactJws {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly payload: Uint8Array;
}

export interface HeaderRules {
  readonly algorithms: ReadonlySet<string>;
  /** What `typ` must be, lower-case and without `application/`; `undefined`: `jwt`, `at+jwt` or absent. */
  readonly tokenType: string | undefined;
}

export function readCompactJws(token: string, rules: HeaderRules): CompactJws | TokenFault {
  if (token.length > MAX_TOKEN_LENGTH) return 'malformed';
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  // A further dot would stand in the signature, and is no base64url.
  if (first < 1 || second === -1) return 'malformed';
  const headerBytes = decodeBase64url(token.slice(0, first));
  const payload = decodeBase64url(token.slice(first + 1, second));
  const signature = decodeBase64url(token.slice(second + 1));
  if (headerBytes === undefined || payload === undefined || signature === undefined) return 'malformed';
  const header = readJsonObject(headerBytes);
  if (header === undefined) return 'malformed';
  const fault = faultOf(header, rules);
  if (fault !== undefined) return fault;
  return { alg: header.alg as string, kid: header.kid as string | undefined, payload };
}

/**
 * Parameters that would bring a key or its address along (RFC 8725 §3.10), ask
 * for an extension (`crit`, `b64`), or belong to encryption. There is no
 * extension we know, so none can be critical (RFC 7515 §4.1.11).
 */
const FORBIDDEN = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'];

function faultOf(header: Readonly<Record<string, unknown>>, rules: HeaderRules): TokenFault | undefined {
  if (typeof header.alg !== 'string' || !rules.algorithms.has(header.alg)) return 'algorithm';
  for (const name of FORBIDDEN) if (Object.hasOwn(header, name)) return 'malformed';
  if (Object.hasOwn(header, 'kid')) {
    const { kid } = header;
    if (typeof kid !== 'string' || kid.length > MAX_KID_LENGTH) return 'malformed';
  }
  // A nested JWT is a token that this route was not told to open (RFC 8725 §3.3).
  if (Object.hasOwn(header, 'cty') && mediaType(header.cty) === 'jwt') return 'malformed';
  return isAllowedType(header, rules.tokenType) ? undefined : 'malformed';
}

/** Keeps a logout token, a DPoP proof or an ID token with its own `typ` from passing as an access token (RFC 8725 §3.11). */
function isAllowedType(header: Readonly<Record<string, unknown>>, expected: string | undefined): boolean {
  if (!Object.hasOwn(header, 'typ')) return expected === undefined;
  const type = mediaType(header.typ);
  return expected === undefined ? type === 'jwt' || type === 'at+jwt' : type === expected;
}

/** Lower-case and without `application/` (RFC 7515 §4.1.9). */
function mediaType(value: unknown): string | undefined {
  return typeof value === 'string' ? value.toLowerCase().replace(/^application\//, '') : undefined;
}

/** Node's decoder forgives padding, foreign characters and loose tail bits; encoding again shows whether it did. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (text === '') return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
