/**
 * Tokens signed by a key that is made here, serves one question and is trusted
 * by nobody else. So the claims of a token that nobody has, or whose signature
 * cannot be checked, go through the very code that checks real ones. A key pair
 * is made once for each algorithm: RSA takes about 100 ms, on the thread pool;
 * the others none to speak of.
 */
import { generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { ALGORITHMS } from '../auth/algorithms.ts';
import type { IssuerConfig } from '../config/config.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** A token, and the key set that it is good under. */
export interface Sealed {
  readonly token: string;
  readonly keys: readonly unknown[];
}

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const KID = 'offline';
const LIFETIME_S = 300;
const SUBJECT = 'user-1';
/** Those that are made at once come first. */
const CHEAPEST = ['EdDSA', 'ES256', 'ES384', 'ES512'];

/**
 * A token of `issuer` with these claims. What every token has and they leave out
 * is filled in; what they give as `null` is left out.
 */
export function mintToken(claims: Claims, issuer: IssuerConfig, nowMs: number): Promise<Sealed> {
  const { algorithms, tokenType = 'at+jwt' } = issuer;
  const alg = CHEAPEST.find((one) => algorithms.includes(one)) ?? algorithms[0]!;
  const header = { alg, kid: KID, typ: tokenType };
  return seal(alg, KID, `${encode(header)}.${encode(withDefaults(claims, issuer, nowMs))}`);
}

export function withDefaults(claims: Claims, issuer: IssuerConfig, nowMs: number): Claims {
  const iat = Math.floor(nowMs / 1000);
  const longest = issuer.maxTokenLifetimeMs ?? Number.POSITIVE_INFINITY;
  const usual = {
    iss: issuer.issuer,
    ...(issuer.audiences.length > 0 && { aud: issuer.audiences[0] }),
    sub: SUBJECT,
    iat,
    exp: iat + Math.min(LIFETIME_S, Math.floor(longest / 1000)),
  };
  return Object.fromEntries(Object.entries({ ...usual, ...claims }).filter(([, value]) => value !== null));
}

/** The same token under another signature; `undefined` where it is none that could be signed, and is refused as it is. */
export async function resealToken(token: string): Promise<Sealed | undefined> {
  const { header } = readToken(token);
  const alg = header?.alg;
  const kid = header?.kid;
  if (typeof alg !== 'string' || !ALGORITHMS.has(alg)) return undefined;
  return await seal(alg, typeof kid === 'string' ? kid : undefined, token.slice(0, token.lastIndexOf('.')));
}

/** What a token says of itself, believed by nobody. */
export function readToken(token: string): { readonly header: Claims | undefined; readonly claims: Claims | undefined } {
  const [header, claims, signature, ...more] = token.split('.');
  if (signature === undefined || more.length > 0) return { header: undefined, claims: undefined };
  return { header: decode(header!), claims: decode(claims!) };
}

function decode(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}

function encode(value: Claims): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function seal(alg: string, kid: string | undefined, signed: string): Promise<Sealed> {
  const { publicKey, privateKey } = await pairFor(alg);
  const digest = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`;
  const pss = alg.startsWith('PS') ? { padding: PSS_PADDING, saltLength: Number(alg.slice(2)) / 8 } : {};
  const signature = sign(digest, Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363', ...pss });
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg, use: 'sig', ...(kid !== undefined && { kid }) };
  return { token: `${signed}.${signature.toString('base64url')}`, keys: [jwk] };
}

const PSS_PADDING = 6;
const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
const pairs = new Map<string, Promise<KeyPair>>();

function pairFor(alg: string): Promise<KeyPair> {
  const kind = alg === 'EdDSA' || alg in CURVES ? alg : 'RSA';
  let pair = pairs.get(kind);
  if (pair === undefined) pairs.set(kind, (pair = makePair(kind)));
  return pair;
}

function makePair(kind: string): Promise<KeyPair> {
  const generate = promisify(generateKeyPair);
  if (kind === 'RSA') return generate('rsa', { modulusLength: 2048 });
  const namedCurve = CURVES[kind];
  return namedCurve === undefined ? generate('ed25519', {}) : generate('ec', { namedCurve });
}
