/** The part of the language about who may call: issuers, and `auth` of a route. */
import * as z from 'zod';
import { suggestion } from './nearest.ts';
import { introspection } from './schema-introspection.ts';
import { choice, duration, list, map, text, word } from './scalars.ts';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

/** What RFC 8725 has nothing against; `RS384` and the longer ones must be asked for, so that a key is bound to few. */
export const DEFAULT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;

/** The methods the wire serves. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const algorithm = z.enum(ALGORITHMS, {
  error: ({ input }) => {
    const name = String(input).toLowerCase();
    if (name === 'none') return 'an unsigned token proves nothing: write an algorithm as in `RS256`';
    if (name.startsWith('hs'))
      return 'with a shared secret whoever checks tokens can forge them: write one as in `RS256` or `ES256`';
    return suggestion(String(input), ALGORITHMS);
  },
});
const algorithms = list(algorithm, 'RS256, ES256').describe(
  `Signature algorithms accepted: ${ALGORITHMS.join(', ')}. Default: ${DEFAULT_ALGORITHMS.join(', ')}.`,
);
const audience = z
  .union([word('an audience'), list(word('an audience'), 'orders-api')], {
    error: 'write an audience or a list of them',
  })
  .describe('What must stand in `aud`; of a list, any one. Without it a token for another service is accepted here.');
const clockSkew = duration({ min: '0s', max: '5m', why: 'a longer one keeps expired tokens alive' }).describe(
  'How far the clocks of issuer and gateway may differ. `0s` is zero. Default: 30s.',
);
const tokenType = text(/^[A-Za-z0-9!#$&^_.+/-]{1,100}$/, 'a media type as in `at+jwt`').describe(
  'What `typ` must be. Without it: `JWT`, `at+jwt` or absent.',
);
const maxTokenLifetime = duration({ min: '1s', max: '365d' }).describe(
  'The longest `exp` less `iat` accepted. Without it: any.',
);
const jwksUri = word('the https URL of a key set').describe('Where the key set is; https unless on loopback.');
const jwksTtl = duration({
  min: '5m',
  max: '15m',
  why: 'sooner makes every hiccup of the issuer yours, later trusts a withdrawn key for too long',
}).describe('How old a key set may be. Default: 10m.');
const maxStale = duration({ min: '0s', max: '24h' }).describe(
  'How long the last good key set serves when the issuer cannot be reached. Default: 1h.',
);

export const issuer = map(
  {
    issuer: word('the issuer as it stands in `iss`').optional().describe('What `iss` must be, to the letter.'),
    jwks_uri: jwksUri.optional(),
    introspection: introspection
      .optional()
      .describe('Where it is asked about tokens that are no JWTs; without `jwks_uri`, about all.'),
    audience: audience.optional(),
    algorithms: algorithms.optional(),
    clock_skew: clockSkew.optional(),
    jwks_ttl: jwksTtl.optional(),
    max_stale: maxStale.optional(),
    max_token_lifetime: maxTokenLifetime.optional(),
    token_type: tokenType.optional(),
  },
  ['issuer', 'jwks_uri'],
);

export const scope = text(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'one scope an item, without spaces or quotes');
const scopeList = list(scope, 'orders:read');
const allOf = scopeList.optional().describe('Every one of these.');
const anyOf = scopeList.optional().describe('At least one of these.');
const scopesOfMethod = z.union([scopeList, map({ all_of: allOf, any_of: anyOf })], {
  error: 'write a list of scopes, or `{ any_of: [...] }`',
});
const byMethod = Object.fromEntries(METHODS.map((method) => [method, scopesOfMethod.optional()])) as Record<
  (typeof METHODS)[number],
  z.ZodOptional<typeof scopesOfMethod>
>;
const scopes = z
  .union(
    [
      scopeList,
      map({
        all_of: allOf,
        any_of: anyOf,
        default: scopesOfMethod.optional().describe('For the methods that are not named.'),
        ...byMethod,
      }),
    ],
    {
      error: 'write a list of scopes, `{ any_of: [...] }`, or a map from method to either',
    },
  )
  .describe(
    'Scopes a token must hold: a list means every one. By method: every method of the route, or `default` for the others.',
  );

export const auth = map(
  {
    type: choice(['jwt']).optional().describe('The kind of token; there is one.'),
    issuer: z
      .union(
        [
          word('the name of one of `issuers`, or an issuer with its `jwks_uri`'),
          list(word('the name of one of `issuers`'), 'self, main'),
        ],
        { error: 'write the name of one of `issuers`, or a list of them' },
      )
      .optional()
      .describe(
        'The name of one of `issuers`, or several, of which `iss` tells which one a token is of; or, with `jwks_uri` beside it, the issuer itself.',
      ),
    jwks_uri: jwksUri.optional(),
    audience: audience.optional(),
    algorithms: algorithms.optional(),
    clock_skew: clockSkew.optional(),
    jwks_ttl: jwksTtl.optional(),
    max_stale: maxStale.optional(),
    max_token_lifetime: maxTokenLifetime.optional(),
    token_type: tokenType.optional(),
    required_claims: list(word('the name of a claim'), 'sub, tenant_id')
      .optional()
      .describe('Claims that must be present and not empty; top-level, by their whole name.'),
    scopes: scopes.optional(),
    token_source: text(
      /^(?:cookie: ?|query: ?)?[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:: ?[A-Za-z0-9!#$%&'*+.^_`|~-]+)?$/,
      '`Authorization: Bearer`, another header with or without scheme, `cookie: NAME` or `query: NAME`',
    )
      .optional()
      .describe('Where the token stands. Default: `Authorization: Bearer`.'),
  },
  ['issuer'],
);

export type IssuerValue = z.output<typeof issuer>;
export type AuthValue = z.output<typeof auth>;
export type ScopesValue = z.output<typeof scopes>;
export type ScopesOfMethodValue = z.output<typeof scopesOfMethod>;
