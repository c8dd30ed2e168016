/** The part of the language about asking an issuer what its tokens are worth, and about who the gateway is to it. */
import type * as z from 'zod';
import { choice, duration, map, text, word } from './scalars.ts';

export const authentication = {
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

export const introspection = map(
  {
    endpoint: word('the https URL of an introspection endpoint')
      .optional()
      .describe('Where it is asked about tokens (RFC 7662); https unless on loopback.'),
    ...authentication,
    cache_ttl: duration({ min: '1s', max: '5m', why: 'a token that is revoked there goes on here for so long' })
      .default('30s')
      .describe('How long an answer is kept, and never past `exp`.'),
  },
  ['endpoint', 'client_id', 'client_secret'],
);

export type IntrospectionValue = z.output<typeof introspection>;
