/**
 * Access tokens after RFC 9068: made, and read again where one is introspected
 * or revoked. Making one costs an ES256 signature in the thread pool.
 */
import { randomUUID } from 'node:crypto';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { type SigningKey, SIGNING_ALGORITHM } from './signing-keys.ts';

const TOKEN_TYPE = 'at+jwt';
const MAX_TOKEN_CHARS = 16 * 1024;

export interface Grant {
  readonly issuer: string;
  readonly client: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly ttlMs: number;
  /** SHA-256 in hexadecimal of the certificate without which the token is worth nothing. */
  readonly boundTo: string | undefined;
}

/** What an access token of ours says. */
export interface AccessClaims extends JWTPayload {
  readonly iss: string;
  readonly sub: string;
  readonly client_id: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

export async function mintToken(
  grant: Grant,
  key: SigningKey,
  now: number,
): Promise<{ readonly token: string; readonly claims: AccessClaims }> {
  const iat = Math.floor(now / 1000);
  const claims: AccessClaims = {
    iss: grant.issuer,
    sub: grant.client,
    client_id: grant.client,
    aud: grant.audience,
    ...(grant.scopes.length > 0 && { scope: grant.scopes.join(' ') }),
    jti: randomUUID(),
    iat,
    exp: iat + Math.floor(grant.ttlMs / 1000),
    // RFC 8705 §3.1.
    ...(grant.boundTo !== undefined && {
      cnf: { 'x5t#S256': Buffer.from(grant.boundTo, 'hex').toString('base64url') },
    }),
  };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: TOKEN_TYPE, kid: key.kid })
    .sign(key.privateKey);
  return { token, claims };
}

/** The claims of a token of ours that has not expired; `undefined` for anything else. */
export async function readToken(
  token: string,
  { issuer, keys, now }: { readonly issuer: string; readonly keys: readonly SigningKey[]; readonly now: number },
): Promise<AccessClaims | undefined> {
  if (token.length > MAX_TOKEN_CHARS) return undefined;
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => publicKeyOf(keys, kid), {
      algorithms: [SIGNING_ALGORITHM],
      typ: TOKEN_TYPE,
      issuer,
      currentDate: new Date(now),
    });
    return payload as AccessClaims;
  } catch {
    return undefined;
  }
}

function publicKeyOf(keys: readonly SigningKey[], kid: string | undefined): SigningKey['publicKey'] {
  const key = keys.find((one) => one.kid === kid);
  if (key === undefined) throw new Error('no such key');
  return key.publicKey;
}
