/** The part of the language about routes. */
import * as z from 'zod';
import { addressBlock, choice, count, duration, list, map, size, text, word } from './scalars.ts';
import { auth, METHODS } from './schema-auth.ts';
import { claimPath, rateLimit } from './schema-limits.ts';

const KINDS = ['authentication', 'public', 'internal', 'operations'] as const;

const method = choice(METHODS);
const headerName = text(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'a header name');
export const cors = map(
  {
    origins: list(word('an origin as in `https://app.example.com`'), 'https://app.example.com')
      .optional()
      .describe('Exact origins, `*`, or a pattern on whole labels: `https://*.example.com`.'),
    methods: list(method, 'GET, POST').default(['GET', 'HEAD', 'POST']).describe('Methods a page may use.'),
    headers: list(headerName, 'authorization, content-type').default([]).describe('Request headers a page may send.'),
    expose_headers: list(headerName, 'retry-after').default([]).describe('Reply headers a page may read.'),
    credentials: z.boolean().default(false).describe('Whether cookies may be sent along.'),
    max_age: duration({ min: '0s', max: '1d' }).default('10m').describe('How long a browser may remember the answer.'),
  },
  ['origins'],
);
const none = z.literal('none');

const plainName = text(
  /^[A-Za-z](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?$/,
  'a header name of letters, digits and `-`, as in `X-User-ID`',
);
const headerValue = text(
  /^[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?$/,
  'a header value of visible ASCII, with spaces only inside',
);
const headerValues = z.record(plainName, headerValue.optional(), {
  error: 'write a map from header to value, as in `{ X-Region: eu }`',
});
const headerEdits = map({
  set: headerValues.optional().describe('In place of what came under these names, in any spelling.'),
  append: headerValues.optional().describe('Beside what came under these names.'),
  remove: list(plainName, 'X-Debug').optional().describe('Taken out.'),
});

const mockResponse = map({
  status: count(200, 599).default(200).describe('The status.'),
  headers: headerValues.optional().describe('Headers; with a body, `Content-Type` among them.'),
  body: z
    .string({ error: 'write text, in quotes' })
    .max(65_536, { error: 'write at most 64 KiB of text' })
    .default('')
    .describe('The body, as text.'),
});

const plugin = map({
  'ip-allow': list(addressBlock, '10.0.0.0/8')
    .optional()
    .describe('Addresses and blocks that may call; others get 403, after they were authenticated.'),
  'mock-response': mockResponse
    .optional()
    .describe('An answer in the place of the service’s, to every request that is admitted.'),
  'strip-auth-header': z
    .boolean()
    .optional()
    .describe('Whether the token is taken out before forwarding. Default: true.'),
  'inject-claims': map(
    {
      headers: z
        .record(plainName, claimPath.optional(), {
          error: 'write a map from header to claim, as in `{ X-User-ID: sub }`',
        })
        .optional()
        .describe(
          'From header to claim; `certificate:NAME` is one of the client certificate: subject, issuer, serial, fingerprint, dns, uri, email. What the client itself sends under these names is removed on every route.',
        ),
    },
    ['headers'],
  )
    .optional()
    .describe('Puts claims of the token into headers for the service.'),
  'set-headers': map({
    request: headerEdits.optional().describe('Of what the service gets.'),
    response: headerEdits.optional().describe('Of what the service answers.'),
  })
    .optional()
    .describe(
      'Sets, appends and removes headers, the same for every request. Names that carry identity, frame the message or are the gateway’s own cannot be changed.',
    ),
});

const oneLimit = z.union([word('the name of one of `rate_limits`'), rateLimit], {
  error: 'write the name of a limit, or `{ quota: 10/min, by: user }`',
});
const path = word('a path as in `/api/v1/*` or `/users/:id`');
const host = text(/^\S{1,255}$/, 'a host as in `api.example.com` or `*.example.com`');
export const route = map(
  {
    name: text(/^[A-Za-z0-9][A-Za-z0-9 _.:/-]{0,63}$/, 'a name of letters, digits, spaces and `_.:/-`')
      .optional()
      .describe('What logs and metrics call the route. Default: its methods, hosts and path.'),
    path: path
      .optional()
      .describe(
        '`/health` is itself; `:name` stands for one segment; a last `/*` for what is before it and all below.',
      ),
    host: host.optional().describe('The one host of the route.'),
    hosts: list(host, 'api.example.com')
      .optional()
      .describe('Hosts, exact or `*.example.com`. Without any: every host.'),
    methods: list(method, 'GET, POST')
      .optional()
      .describe('Methods. Without any: those that `scopes` names, else every one.'),
    kind: choice(KINDS)
      .optional()
      .describe(
        'authentication: 10/min by address. public: must have a limit by user, client or claim. internal: measured, not refused. operations: exempt. Default, where `auth` and `rate_limit` are both written: public.',
      ),
    upstream: word('the name of one of `upstreams`').optional().describe('Where requests go.'),
    auth: z
      .union([none, auth], { error: 'write `none`, or a map as in `{ issuer: main }`' })
      .optional()
      .describe('Who may call: `none` is everybody.'),
    client_certificate: z
      .union([z.literal('required'), list(word('a name as in `spiffe://example.org/orders`'), 'orders.internal')], {
        error: 'write `required`, or a list of names as in `[orders.internal]`',
      })
      .optional()
      .describe(
        'Callers must have shown a certificate: `required` is any that verified; of a list, one whose DNS name, URI, e-mail address or subject is in it. Beside `auth`, both are asked for.',
      ),
    rate_limit: z
      .union([oneLimit, list(oneLimit, 'login')], {
        error: 'write `none`, the name of a limit, `{ quota: 10/min, by: user }`, or a list of these',
      })
      .optional()
      .describe('`none`, the name of a limit, a limit written out, or a list of these that all apply.'),
    plugins: list(plugin, 'strip-auth-header: true')
      .optional()
      .describe('What is done to a request that was admitted, and to its reply.'),
    cors: z
      .union([none, cors], { error: 'write `none`, or a map as in `{ origins: [https://app.example.com] }`' })
      .optional()
      .describe('Which pages of other origins may read replies.'),
    priority: choice(['low', 'normal', 'high'])
      .optional()
      .describe(
        'Who is refused first when there is more to do than can be done: `low`. Default: `high` for authentication, else `normal`. Operations are never refused.',
      ),
    max_body: size({ min: '0b', max: '1024gb' }).optional().describe('The largest body. Default: `limits.body`.'),
    streaming: z
      .boolean()
      .default(false)
      .describe('Whether bodies may have no end, as with server-sent events: there is no total time limit then.'),
    upgrade: list(word('a protocol; `websocket` is the one offered'), 'websocket')
      .optional()
      .describe('Protocols that callers may switch to: `websocket`. Without it, `Upgrade` is dropped.'),
    close_on_expiry: z
      .boolean()
      .optional()
      .describe('Whether a WebSocket is closed when the token it was opened with expires. Default: true.'),
    timeouts: map({
      total: duration({ min: '10ms', max: '1d' })
        .optional()
        .describe('From the head of a request to the end of its reply. Default: `timeouts.total` of the file.'),
      tunnel_idle: duration({ min: '100ms', max: '1d' })
        .optional()
        .describe('How long a WebSocket may be without a byte from either side. Default: 5m.'),
    })
      .optional()
      .describe('Time limits of this route.'),
    strip_prefix: path.optional().describe('Taken off the front of the path before forwarding; whole segments.'),
    rewrite: path
      .optional()
      .describe('Put in the place of `path` up to its `*`, or of `strip_prefix`, before forwarding.'),
  },
  ['path', 'upstream', 'auth'],
);

export type RouteValue = z.output<typeof route>;
export type CorsValue = z.output<typeof cors>;
export type MockResponseValue = z.output<typeof mockResponse>;
export type PluginValue = z.output<typeof plugin>;
export type HeaderEditsValue = z.output<typeof headerEdits>;
export type LimitsOfRouteValue = RouteValue['rate_limit'];
