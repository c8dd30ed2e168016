/**
 * The embedded authorization server: the client-credentials profile of OAuth 2.0
 * and nothing else. Puts the endpoints together and says where they are; the
 * gateway serves them and asks `isRevoked` of every token.
 */
import type { LocalRoute } from '../local.ts';
import { oauthPaths } from '../oauth-paths.ts';
import { createAssertionCheck } from './assertion.ts';
import { AUTHENTICATION_METHODS } from './authenticate-client.ts';
import { ASSERTION_ALGORITHMS } from './client-keys.ts';
import { type CopyOptions, type CopyParts, createCopy, type PublishedKeys } from './copy.ts';
import { createEndpoint, type EndpointOptions } from './endpoint.ts';
import { createFailures } from './failures.ts';
import { errorReply, publicReply, unavailable } from './reply.ts';
import { createIntrospectCall, createRevokeCall } from './token-calls.ts';
import { createTokenCall, GRANT_TYPE } from './token-endpoint.ts';

export interface AuthorizationServerOptions extends CopyOptions {
  readonly issuer: string;
}

export interface AuthorizationServer {
  readonly routes: readonly LocalRoute[];
  /** For routes with `issuer: self`. */
  readonly keys: PublishedKeys;
  /** Asked of the claims of every verified token, of whatever issuer. */
  readonly isRevoked: (claims: Readonly<Record<string, unknown>>) => boolean;
  /** Clients, keys and revocations are loaded. */
  readonly ready: () => boolean;
  /** Takes over what the store has now. */
  readonly takeOver: () => Promise<void>;
  /** Resolves after the first attempt to load, whatever came of it; then it is tried again until it is ready. Rejects where waiting does not mend it. */
  readonly start: () => Promise<void>;
  readonly close: () => void;
}

/** Well below the time that a key is published before it signs. */
const JWKS_MAX_AGE_S = 300;
const METADATA_MAX_AGE_S = 300;

export function createAuthorizationServer(options: AuthorizationServerOptions, parts: CopyParts): AuthorizationServer {
  const { issuer } = options;
  const { store, clock, note } = parts;
  const copy = createCopy(options, parts);
  const { origin } = new URL(issuer);
  const paths = oauthPaths(issuer);
  const tokenUrl = `${origin}${paths.token}`;
  const endpointParts = {
    find: copy.client,
    checkAssertion: createAssertionCheck({
      audiences: [issuer, tokenUrl],
      useAssertion: (client, jti, expiresAt) => store.useAssertion(client, jti, expiresAt),
    }),
    ready: copy.ready,
    now: clock.wall,
    failures: createFailures(),
    note,
  };
  const endpoint = (endpointOptions: EndpointOptions): LocalRoute => createEndpoint(endpointOptions, endpointParts);

  const authentication = {
    methods: AUTHENTICATION_METHODS,
    algorithms: ASSERTION_ALGORITHMS,
  };
  const metadata = JSON.stringify({
    issuer,
    token_endpoint: tokenUrl,
    token_endpoint_auth_methods_supported: authentication.methods,
    token_endpoint_auth_signing_alg_values_supported: authentication.algorithms,
    introspection_endpoint: `${origin}${paths.introspect}`,
    introspection_endpoint_auth_methods_supported: authentication.methods,
    introspection_endpoint_auth_signing_alg_values_supported: authentication.algorithms,
    revocation_endpoint: `${origin}${paths.revoke}`,
    revocation_endpoint_auth_methods_supported: authentication.methods,
    revocation_endpoint_auth_signing_alg_values_supported: authentication.algorithms,
    jwks_uri: `${origin}${paths.jwks}`,
    grant_types_supported: [GRANT_TYPE],
    response_types_supported: [],
    ...(options.scopes !== undefined && { scopes_supported: [...options.scopes.keys()] }),
    tls_client_certificate_bound_access_tokens: true,
  });
  const readable = { methods: ['GET'], maxBodyBytes: 0 };

  return {
    routes: [
      endpoint({
        name: 'oauth2-token',
        path: paths.token,
        refusedKind: 'token_refused',
        run: createTokenCall({ issuer, copy, note }),
      }),
      endpoint({
        name: 'oauth2-introspect',
        path: paths.introspect,
        refusedKind: 'introspection_refused',
        run: createIntrospectCall({ issuer, copy, store, note }),
      }),
      endpoint({
        name: 'oauth2-revoke',
        path: paths.revoke,
        refusedKind: 'revocation_refused',
        run: createRevokeCall({ issuer, copy, store, note }),
      }),
      {
        ...readable,
        name: 'oauth2-jwks',
        path: paths.jwks,
        answer: () =>
          copy.ready()
            ? publicReply('application/jwk-set+json', copy.published.text(), JWKS_MAX_AGE_S)
            : errorReply(unavailable('not loaded')),
      },
      {
        ...readable,
        name: 'oauth2-metadata',
        path: paths.metadata,
        answer: () => publicReply('application/json', metadata, METADATA_MAX_AGE_S),
      },
    ],
    keys: copy.published,
    isRevoked: copy.revocations.isRevoked,
    ready: copy.ready,
    takeOver: copy.takeOver,
    start: copy.start,
    close: copy.close,
  };
}
