/** Where the endpoints of an issuer are: for the server that answers there, and for the check that no route does. */
export interface OAuthPaths {
  readonly token: string;
  readonly introspect: string;
  readonly revoke: string;
  readonly jwks: string;
  readonly metadata: string;
}

/** `issuer` is a URL; its path, if it has one, stands before those of the endpoints. */
export function oauthPaths(issuer: string): OAuthPaths {
  const base = new URL(issuer).pathname.replace(/\/$/, '');
  return {
    token: `${base}/oauth2/token`,
    introspect: `${base}/oauth2/introspect`,
    revoke: `${base}/oauth2/revoke`,
    jwks: `${base}/oauth2/jwks`,
    // The path of the issuer goes behind the well-known one (RFC 8414 §3.1).
    metadata: `/.well-known/oauth-authorization-server${base}`,
  };
}
