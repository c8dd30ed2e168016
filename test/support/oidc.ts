/** `oidc-provider` as an issuer of its own: an independent implementation whose tokens the gateway has to take. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { createSigningKey, type SigningKey } from './issuer.ts';

export interface OidcProvider {
  readonly issuer: string;
  readonly jwksUri: string;
  /** An access token of the client `billing` for `orders-api`. */
  token(scope: string): Promise<string>;
  /** Signs with another key from now on; the one before is published no more. */
  rotate(): Promise<void>;
  close(): void;
}

const SCOPES = ['orders:read', 'orders:write'];

export async function startOidcProvider(): Promise<OidcProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let keys = 0;
  let serve = provide(issuer, await createSigningKey('ES256', 'key-0'));
  server.on('request', (request, response) => void serve(request, response));
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    async token(scope) {
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { Authorization: `Basic ${btoa('billing:a+secret+of+this+test')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: 'https://orders.test' }),
      });
      const { access_token: token } = (await answer.json()) as { access_token: string };
      return token;
    },
    async rotate() {
      serve = provide(issuer, await createSigningKey('ES256', `key-${++keys}`));
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function provide(issuer: string, key: SigningKey): ReturnType<Provider['callback']> {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'billing',
        client_secret: 'a secret of this test',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...key.privateKey.export({ format: 'jwk' }), kid: key.kid, alg: 'ES256', use: 'sig' }] },
    scopes: SCOPES,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: SCOPES.join(' '),
          audience: 'orders-api',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  return provider.callback();
}
