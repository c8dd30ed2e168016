/**
 * The configuration language: every key, its form, its default and what it is
 * for. The JSON Schema for editors and the reference come from here. What one
 * key cannot know of another is checked by the `resolve-*` files.
 */
import * as z from 'zod';
import { oauth2, scopes } from './schema-oauth2.ts';
import { addressBlock, choice, count, duration, list, map, named, rate, ratio, size, text } from './scalars.ts';
import { issuer } from './schema-auth.ts';
import { mode, rateLimit, subWindows } from './schema-limits.ts';
import { cors, route } from './schema-route.ts';
import { tests } from './schema-tests.ts';
import { edgeTls } from './schema-tls.ts';
import { upstream } from './schema-upstream.ts';

const listen = text(
  /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):\d{1,5}$/,
  'address and port as in `127.0.0.1:8080`, `0.0.0.0:8080` or `[::1]:8080`',
);

const waiver = map(
  {
    rule: text(/^[a-z-]{1,64}$/, 'the id of a rule as in `no-audience`')
      .optional()
      .describe('Which rule.'),
    route: text(/^[^\0\r\n]{1,1024}$/, 'the name of a route')
      .optional()
      .describe('Where. Without it: everywhere.'),
    reason: text(/^(?=.*\S)[^\0]{8,1000}$/s, 'why it is no harm here, in a sentence')
      .optional()
      .describe('Why it is no harm here.'),
    until: text(/^\d{4}-\d\d-\d\d$/, 'the last day, as in `2027-01-31`')
      .optional()
      .describe('The last day, in UTC; after it the finding is one again.'),
  },
  ['rule', 'reason', 'until'],
);

export const fileSchema = map(
  {
    listen: listen.default('127.0.0.1:8080').describe('Where callers connect. Port 0 lets the system choose.'),
    tls: edgeTls.optional().describe('Callers connect over TLS, with these certificates. Without it: plain HTTP.'),
    redirect: listen
      .optional()
      .describe('Where plain HTTP is answered with 308 to `https://`, on the port of `listen`. Needs `tls`.'),
    http2: map({
      tls: z.boolean().default(true).describe('Offered to callers over TLS, beside HTTP/1.1.'),
      cleartext: z
        .boolean()
        .default(false)
        .describe('Taken without TLS from callers who begin with it (prior knowledge), on the same port as HTTP/1.1.'),
      streams: count(1, 1000).default(100).describe('Requests at once on one connection.'),
    })
      .prefault({})
      .describe('HTTP/2 from callers. Services are spoken to in HTTP/1.1.'),
    admin: map({
      listen: listen.default('127.0.0.1:9901').describe('Where health, metrics and control are served.'),
      token: text(/^[\x21-\x7e]{1,1024}$/, '`${NAME}` or `file:PATH`')
        .optional()
        .describe(
          'By reference: `${NAME}` or `file:PATH`. What a caller shows as `Authorization: Bearer` to change anything here, or to ask why a request was refused; at least 32 characters. Without it: neither can be done.',
        ),
    })
      .prefault({})
      .describe('The admin port; on loopback unless told otherwise.'),
    trusted_proxies: list(addressBlock, '10.0.0.0/8')
      .default([])
      .describe('Whose `X-Forwarded-For` is believed. Default: nobody’s.'),
    ipv6_prefix: count(32, 128).default(64).describe('How many leading bits of an IPv6 address make one caller.'),
    issuers: named(issuer).default({}).describe('Who signs tokens; named, so that routes share one key set.'),
    upstreams: named(upstream).default({}).describe('The services behind the gateway.'),
    oauth2: oauth2.optional().describe('Issues tokens to services (client credentials). Without it: off.'),
    scopes: scopes.optional(),
    rate_limits: named(rateLimit).default({}).describe('Limits that routes name.'),
    failed_authentications: map(
      { quota: rate().optional().describe('Failures per window.'), mode: mode.optional(), sub_windows: subWindows },
      ['quota'],
    )
      .optional()
      .describe('Counts failed authentications by address on every route with `auth`. Without it: off.'),
    max_callers: count(1, 50_000_000)
      .default(1_000_000)
      .describe('The most callers counted at once, in each limit; about 100 bytes each.'),
    routes: list(route, '{ path: /health, … }')
      .optional()
      .describe('What is served. The most specific path wins, not the first written.'),
    tests: tests
      .default([])
      .describe('Policy tests: `gatehouse test` runs them, and nothing is put in place whose tests fail.'),
    waive: list(waiver, '{ rule: no-audience, reason: …, until: 2027-01-31 }')
      .default([])
      .describe('Findings of the audit that are let pass, each with its reason and its last day.'),
    cors: cors.optional().describe('The default for routes without `cors` of their own.'),
    log: map({
      access: text(/^[^\0\r\n]{1,1024}$/, '`stdout`, `stderr`, `off` or the path of a file')
        .default('stdout')
        .describe('Where access lines go: `stdout`, `stderr`, `off`, or a file.'),
      level: choice(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('The least level of the operator’s log that is printed.'),
      sensitive_query: list(text(/^[\x21-\x7e]{1,100}$/, 'the name of a query parameter'), 'signature')
        .default([])
        .describe(
          'Query parameters whose values are logged as `***`, besides the usual ones: tokens, codes, passwords, keys and signatures.',
        ),
    })
      .prefault({})
      .describe('What is logged, and where.'),
    limits: map({
      connections: count(1, 1_000_000).default(10_000).describe('Open connections of callers.'),
      connections_per_address: count(1, 1_000_000)
        .default(1000)
        .describe('Of these, from one address. Trusted proxies have the limit of all.'),
      request_line: size({ min: '256b', max: '64kb' })
        .default('8kb')
        .describe('The first line: method, target and version.'),
      head: size({ min: '1kb', max: '256kb' }).default('16kb').describe('The whole head, request line included.'),
      head_fields: count(8, 1000).default(100).describe('Header fields of a request.'),
      body: size({ min: '0b', max: '1024gb' }).default('10mb').describe('The body, where the route does not say.'),
    })
      .prefault({})
      .describe('What a caller may send.'),
    timeouts: map({
      head: duration({ min: '10ms', max: '5m' }).default('10s').describe('From the first byte of a head to its end.'),
      body: duration({ min: '10ms', max: '1h' })
        .default('30s')
        .describe('Between two reads of a body, and between two writes that the caller takes.'),
      idle: duration({ min: '10ms', max: '1h' }).default('60s').describe('A connection with no request on it.'),
      total: duration({ min: '10ms', max: '1d' })
        .default('60s')
        .describe('From the head of a request to the end of its reply.'),
    })
      .prefault({})
      .describe('How long a caller may take.'),
    drain: map({
      delay: duration({ min: '0s', max: '10m' })
        .default('0s')
        .describe(
          'How long it goes on accepting while `/readyz` says 503: as long as whatever sends callers here takes to notice. Behind Kubernetes: `5s`.',
        ),
      timeout: duration({ min: '0s', max: '1d' })
        .default('30s')
        .describe('How long requests under way may take then, before they are cut.'),
    })
      .prefault({})
      .describe('How it stops.'),
    overload: map({
      event_loop_delay: duration({ min: '10ms', max: '10s' })
        .default('100ms')
        .describe('How late the event loop may be before new requests are refused, by the `priority` of their routes.'),
      memory: ratio({ min: '50%', max: '99%' })
        .default('95%')
        .describe('Of the heap there may be: the same, and at three fifths of the rest new connections, too.'),
    })
      .prefault({})
      .describe('When there is more to do than can be done.'),
  },
  ['upstreams', 'routes'],
);

export type FileValue = z.output<typeof fileSchema>;
