/**
 * The signature algorithms there are (RFC 7518 §3.1, RFC 8037), and the one
 * type of key each works with. What is not here, `none` and HMAC above all,
 * cannot be configured and cannot be verified.
 */
interface Algorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: string;
}

export const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['RS256', { kty: 'RSA' }],
  ['RS384', { kty: 'RSA' }],
  ['RS512', { kty: 'RSA' }],
  ['PS256', { kty: 'RSA' }],
  ['PS384', { kty: 'RSA' }],
  ['PS512', { kty: 'RSA' }],
  ['ES256', { kty: 'EC', crv: 'P-256' }],
  ['ES384', { kty: 'EC', crv: 'P-384' }],
  ['ES512', { kty: 'EC', crv: 'P-521' }],
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519' }],
]);
