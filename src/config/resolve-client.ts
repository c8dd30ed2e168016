/** The gateway as a client of other authorization servers. Its secrets stand in the file by reference alone. */
import { readEndpoint } from './addresses.ts';
import type { ClientAuthenticationConfig, ClientCredentialsConfig, IntrospectionConfig } from './config.ts';
import type { Path } from './faults.ts';
import type { Surroundings } from './files.ts';
import { resolveSecret } from './resolve-secret.ts';
import type { ClientCredentialsValue } from './schema-client.ts';
import type { IntrospectionValue } from './schema-introspection.ts';
import { durationMs } from './units.ts';

/** `undefined` where it is at fault, which is then reported. */
export function resolveClientCredentials(
  value: ClientCredentialsValue,
  path: Path,
  around: Surroundings,
): ClientCredentialsConfig | undefined {
  const client = resolveAuthentication(value, 'token_endpoint', path, around);
  return (
    client && {
      ...client,
      scopes: value.scopes.filter((one) => one !== undefined),
      audience: value.audience,
      resources: value.resource.filter((one) => one !== undefined),
    }
  );
}

/** The same, of asking about tokens. */
export function resolveIntrospection(
  value: IntrospectionValue,
  path: Path,
  around: Surroundings,
): IntrospectionConfig | undefined {
  const client = resolveAuthentication(value, 'endpoint', path, around);
  return client && { ...client, cacheMs: durationMs(value.cache_ttl) };
}

type EndpointKey = 'token_endpoint' | 'endpoint';

type AuthenticationValue = Pick<ClientCredentialsValue, 'client_id' | 'client_secret' | 'auth_method'> & {
  readonly [key in EndpointKey]?: string | undefined;
};

const EXAMPLES = {
  token_endpoint: 'https://auth.example.com/oauth2/token',
  endpoint: 'https://auth.example.com/oauth2/introspect',
  client_id: 'gateway',
  client_secret: '${CLIENT_SECRET}',
} as const;

/** `key` is where the endpoint stands. */
function resolveAuthentication(
  value: AuthenticationValue,
  key: EndpointKey,
  path: Path,
  around: Surroundings,
): ClientAuthenticationConfig | undefined {
  const { report } = around;
  for (const name of [key, 'client_id', 'client_secret'] as const) {
    if (value[name] !== undefined) continue;
    report.error(
      [...path, name],
      `\`${path.at(-1)}\` has no \`${name}\`; write one as in \`${name}: ${EXAMPLES[name]}\``,
    );
  }
  const read = value[key] === undefined ? undefined : readEndpoint(value[key], EXAMPLES[key]);
  if (typeof read === 'string') {
    report.error([...path, key], `\`${key}\` is ${report.written([...path, key])}; ${read}`);
  }
  const clientSecret = resolveSecret(value.client_secret, [...path, 'client_secret'], around);
  const { client_id: clientId, auth_method: authMethod } = value;
  if (typeof read !== 'object' || clientId === undefined || clientSecret === undefined) return undefined;
  return { endpoint: read.url, clientId, clientSecret, authMethod };
}
