/**
 * An issuer for the demonstration alone: one key made at start, its key set, and
 * a token for whoever asks. A real issuer asks first who it is.
 */
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

const HOUR_S = 3600;

export interface IssuerOptions {
  readonly issuer: string;
  readonly audience: string;
}

/** `/token` is good for an hour, `/token/expired` has been expired for as long. */
export async function createIssuer({ issuer, audience }: IssuerOptions): Promise<Server> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'demo', alg: 'ES256', use: 'sig' };
  const claims: JWTPayload = { sub: 'alice', tenant_id: 'acme', plan: 'paid', scope: 'orders:read' };

  function sign(expiresInS: number): Promise<string> {
    const expiresAt = Math.floor(Date.now() / 1000) + expiresInS;
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid, typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(expiresAt - HOUR_S)
      .setExpirationTime(expiresAt)
      .sign(privateKey);
  }

  const pages: Readonly<Record<string, () => string | Promise<string>>> = {
    '/.well-known/jwks.json': () => JSON.stringify({ keys: [jwk] }),
    '/token': () => sign(HOUR_S),
    '/token/expired': () => sign(-HOUR_S),
  };
  return createServer((request, response) => {
    const page = pages[request.url ?? ''];
    if (page === undefined) response.writeHead(404).end();
    else void Promise.resolve(page()).then((body) => response.end(body));
  });
}
