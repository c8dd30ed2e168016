/** The public keys of a client that proves itself by `private_key_jwt`, ready to verify with. */
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { readPublicKeys } from '../public-keys.ts';

/** Asymmetric ones only: with HMAC the server would have to keep the secret itself (RFC 8725 §3.1). */
export const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'];

/** The keys, or what is wrong with the text of the set. */
export function readClientKeys(text: string): JWTVerifyGetKey | string {
  const set = readPublicKeys(text);
  return typeof set === 'string' ? set : createLocalJWKSet(set as unknown as JSONWebKeySet);
}
