/** The part of the language about the embedded authorization server, and the scopes that it and routes speak of. */
import * as z from 'zod';
import { count, duration, list, map, named, rate, text, word } from './scalars.ts';
import { scope } from './schema-auth.ts';

const audience = word('an audience as in `internal`');
const client = map(
  {
    secret: text(/^[\x21-\x7e]{1,1024}$/, '`${NAME}` or `file:PATH`')
      .optional()
      .describe('By reference: `${NAME}` or `file:PATH`. At least 32 characters, made by a machine.'),
    secret_sha256: text(/^[0-9a-f]{64}$/, 'the SHA-256 of the secret, in hexadecimal')
      .optional()
      .describe('In place of `secret`: its SHA-256 in hexadecimal, which is no secret.'),
    jwks: text(/^[^\0\r\n]{1,1024}$/, 'the path of a JWK set')
      .optional()
      .describe('In place of a secret, for `private_key_jwt`: a file with the client’s public keys.'),
    scopes: list(scope, 'billing:read').optional().describe('What it may ask for, and gets when it asks for nothing.'),
    audiences: list(audience, 'internal')
      .optional()
      .describe('What its tokens may be for. Default: `oauth2.audience`.'),
    token_ttl: duration({ min: '10s', max: '1h' }).optional().describe('Default: `oauth2.token_ttl`.'),
  },
  ['scopes'],
);

export const oauth2 = map(
  {
    issuer: word('an https URL as in `https://gateway.internal`')
      .optional()
      .describe(
        'What `iss` says. Endpoints are below it: `/oauth2/token` and the like, on the gateway’s own listener.',
      ),
    store: text(
      /^(?:sqlite:[^\0\r\n]{1,1024}|postgres(?:ql)?:\/\/\S{1,2048})$/,
      '`sqlite:./gatehouse.db` or `postgres://…`',
    )
      .optional()
      .describe(
        'Where clients, keys, revocations and the trail are kept: `sqlite:PATH`, or `postgres://…` for many machines.',
      ),
    audience: audience.optional().describe('What tokens are for when the client asks for nothing else.'),
    token_ttl: duration({ min: '10s', max: '1h', why: 'a longer one outlives its reasons' })
      .default('5m')
      .describe('How long a token is good.'),
    key_rotation: duration({ min: '1d', max: '365d' }).default('30d').describe('How often a new key begins to sign.'),
    key_passphrase: text(/^[\x20-\x7e]{1,1024}$/, '`${NAME}` or `file:PATH`')
      .optional()
      .describe('By reference: `${NAME}` or `file:PATH`. Encrypts the signing keys in the store.'),
    secret_overlap: duration({ min: '0s', max: '30d' })
      .default('24h')
      .describe('How long the old secret of a client goes on after a rotation.'),
    token_requests: rate().default('600/min').describe('Calls of the authorization server, by address.'),
    clients: named(client).default({}).describe('Clients by their id, beside those in the store.'),
    trail: map({
      max_age: duration({ min: '1h', max: '3650d' }).default('90d').describe('Older records are deleted.'),
      max_records: count(1000, 1_000_000_000).default(10_000_000).describe('Of more, the oldest are deleted.'),
    })
      .prefault({})
      .describe('Who called whom, and what was done to clients, keys and tokens.'),
  },
  ['issuer', 'store', 'audience'],
);

export const scopes = z
  .record(scope, text(/^[^\0\r\n]{1,200}$/, 'a description').optional(), {
    error: 'write a map from scope to description, as in `{ billing:read: Read invoices }`',
  })
  .describe('Every scope there is, with what it lets do. Where it stands, routes and clients may use no other.');

export type OAuth2Value = z.output<typeof oauth2>;
export type ScopesDeclared = z.output<typeof scopes>;
