/** The part of the language about the gateway as a client of other authorization servers: how it gets tokens. */
import type * as z from 'zod';
import { list, map, word } from './scalars.ts';
import { scope } from './schema-auth.ts';
import { authentication } from './schema-introspection.ts';

const resource = word('the URL of the service, or what else that server calls it');

export const clientCredentials = map(
  {
    token_endpoint: word('the https URL of a token endpoint')
      .optional()
      .describe('Where tokens are had; https unless on loopback.'),
    ...authentication,
    scopes: list(scope, 'orders:read').default([]).describe('What is asked for. Without it: what the server gives.'),
    audience: word('an audience')
      .optional()
      .describe('Sent as `audience`, for servers that ask for that. Most know `resource`.'),
    resource: list(resource, 'https://orders.internal')
      .default([])
      .describe('Sent as `resource` (RFC 8707): which services the token is for.'),
  },
  ['token_endpoint', 'client_id', 'client_secret'],
);

export type ClientCredentialsValue = z.output<typeof clientCredentials>;
