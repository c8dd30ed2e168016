/** The part of the language about the gateway as a client of other authorization servers: how it gets tokens, and asks about them. */
import type * as z from 'zod';
import { choice, list, map, text, word } from './scalars.ts';
import { scope } from './schema-auth.ts';

const authentication = {
  client_id: text(/^[\x20-\x7e]{1,1024}$/, 'the id that the server knows the gateway by')
    .optional()
    .describe('Who the gateway is to that server.'),
  client_secret: text(/^[\x20-\x7e]{1,1024}$/, '`${NAME}` or `file:PATH`')
    .optional()
    .describe('By reference: `${NAME}` or `file:PATH`.'),
  auth_method: choice(['client_secret_basic', 'client_secret_post'])
    .default('client_secret_basic')
    .describe('How the secret is shown: as `Authorization: Basic`, or in the body.'),
};

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
