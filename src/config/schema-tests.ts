/** The part of the language about policy tests: a request that nobody sent, and what should become of it. */
import * as z from 'zod';
import { refusalTable, TOKEN_FAULTS, type RefusalCode } from '../refusal.ts';
import { choice, count, duration, list, map, size, text, word } from './scalars.ts';
import { METHODS } from './schema-auth.ts';

const fieldName = text(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'a header name');
const fieldValue = text(/^[^\0\r\n]{0,8192}$/, 'the value of a header, in one line');
const fields = z.record(fieldName, fieldValue.optional(), {
  error: 'write a map from header to value, as in `{ Accept: text/html }`',
});
const expectedFields = z
  .record(fieldName, z.union([fieldValue, z.null()]), {
    error: 'write a map from header to value, as in `{ X-User-ID: user-1, Authorization: null }`',
  })
  .optional();

const policyTest = map(
  {
    name: text(/^[^\0\r\n]{1,200}$/, 'what is tested, in one line')
      .optional()
      .describe('What is tested.'),
    request: map(
      {
        method: choice(METHODS).default('GET').describe('Its method.'),
        path: text(/^\/[\x21-\x7e]{0,8000}$/, 'a path as in `/orders?page=2`')
          .optional()
          .describe('Path and query, as they would be sent.'),
        host: text(/^[\x21-\x7e]{1,255}$/, 'a host as in `api.example.com`')
          .default('localhost')
          .describe('What `Host` says.'),
        scheme: choice(['http', 'https']).default('https').describe('How the caller connects.'),
        headers: fields.default({}).describe('Further headers.'),
        body: size({ min: '0b', max: '1024gb' }).default('0b').describe('How long its body is.'),
        address: word('an IP address as in `203.0.113.7`')
          .default('203.0.113.1')
          .describe('The other end of the connection.'),
      },
      ['path'],
    )
      .optional()
      .describe('What is asked.'),
    claims: z
      .record(z.string(), z.unknown(), { error: 'write a map of claims, as in `{ sub: user-1, scope: orders:read }`' })
      .optional()
      .describe(
        'A token of the route’s issuer with these claims; `iss`, `aud`, `sub`, `iat` and `exp` are filled in where they are not given, `null` leaves one out. `exp`, `nbf` and `iat` may be a duration from `at`, as in `exp: -31s`. Without it: no token.',
      ),
    at: text(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/,
      'a time with its zone as in `2026-11-24T16:30:00Z`',
    )
      .default('2026-01-01T12:00:00Z')
      .describe('When it is asked.'),
    repeat: count(1, 10_000).default(1).describe('How often. What is expected is expected of the last.'),
    every: duration({ min: '0s', max: '1d' }).default('0s').describe('From one to the next.'),
    upstream: map({
      status: count(200, 599).default(200).describe('Its status.'),
      headers: fields.default({}).describe('Its headers.'),
    })
      .prefault({})
      .describe('What the service answers. A failure counts for its circuit.'),
    expect: map({
      status: count(100, 599).optional().describe('What the caller sees.'),
      code: choice(Object.keys(refusalTable) as RefusalCode[])
        .optional()
        .describe('Of the refusal.'),
      reason: choice(TOKEN_FAULTS).optional().describe('Beside `invalid_token`.'),
      route: text(/^[^\0\r\n]{1,200}$/, 'the name of a route')
        .optional()
        .describe('Which route takes it.'),
      headers_to_service: expectedFields.describe('What the service sees; `null`: it does not see it.'),
      headers_to_caller: expectedFields.describe('What the caller sees; `null`: it does not see it.'),
      quota_left: z
        .record(z.string(), count(0, 0xffff_ffff), { error: 'write a map from limit to number, as in `{ login: 9 }`' })
        .optional()
        .describe('What is left of each limit.'),
    })
      .optional()
      .describe('What should become of it.'),
  },
  ['request', 'expect'],
);

export const tests = list(policyTest, '{ request: { path: /orders }, expect: { status: 401 } }');

/** A file of tests beside a configuration. */
export const testsSchema = map({ tests: tests.optional() }, ['tests']);

export type PolicyTestValue = z.output<typeof policyTest>;
