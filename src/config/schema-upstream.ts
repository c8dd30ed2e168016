/** The part of the language about upstreams: where a service is, and how it is treated when it is slow or down. */
import * as z from 'zod';
import { choice, count, duration, list, map, ratio, text, word } from './scalars.ts';
import { clientCredentials } from './schema-client.ts';
import { upstreamTls } from './schema-tls.ts';

const circuitBreaker = map({
  failure_rate: ratio({ min: '1%', max: '100%' })
    .default('50%')
    .describe('Failures among the requests of the window that open it.'),
  minimum_requests: count(1, 1_000_000).default(20).describe('Fewer in the window than this prove nothing of a rate.'),
  consecutive_failures: z
    .union([z.literal('off'), count(1, 1_000_000)], { error: 'write `off`, or a whole number from 1 to 1000000' })
    .default(5)
    .describe('Failures in a row that open it, however few requests there are.'),
  slow_call: duration({ min: '10ms', max: '1h' })
    .optional()
    .describe('An answer that takes as long to begin is slow. Without it: none is.'),
  slow_call_rate: ratio({ min: '1%', max: '100%' })
    .optional()
    .describe('Slow answers among the requests of the window that open it. Default: 80%. Needs `slow_call`.'),
  failure_statuses: list(count(500, 599), '502, 503, 504')
    .default([500, 502, 503, 504])
    .describe('Statuses of the service that are failures. No answer, or a broken one, always is.'),
  window: duration({ min: '1s', max: '1h' })
    .optional()
    .describe('How far back requests are counted. Default: 10s, or `open_for` where that is longer.'),
  open_for: duration({ min: '100ms', max: '1h' })
    .default('10s')
    .describe('How long nothing is sent before a probe; twice as long each time that a probe fails.'),
  max_open_for: duration({ min: '100ms', max: '1d' })
    .optional()
    .describe('The longest that nothing is sent. Default: 2m, or `open_for` where that is longer.'),
  probes: count(1, 100).default(1).describe('Requests let through at once to see whether the target is back.'),
});

const healthCheck = map(
  {
    path: text(/^\/[!"$-~]{0,255}$/, 'a path as in `/health`')
      .optional()
      .describe('What is asked for with GET, below the base path of the target.'),
    status: z
      .union([count(100, 599), text(/^[1-5]\d\d-[1-5]\d\d$/, 'a range as in `200-299`')], {
        error: 'write a status or a range, as in `200` or `200-299`',
      })
      .default('200-299')
      .describe('The answers that are good.'),
    interval: duration({ min: '100ms', max: '1h' })
      .default('10s')
      .describe('From one check of a target to the next, less up to a fifth, by chance.'),
    timeout: duration({ min: '10ms', max: '1m' }).default('2s').describe('How long a check may take.'),
    healthy: count(1, 100).default(2).describe('Good checks in a row that bring a target back.'),
    unhealthy: count(1, 100).default(3).describe('Bad checks in a row that take a target out.'),
  },
  ['path'],
);

const hashing = map(
  {
    consistent_hash: map(
      {
        by: text(/^(address|(?:header|claim):[\x21-\x7e]{1,256})$/, '`address`, `header:NAME` or `claim:NAME`')
          .optional()
          .describe('What of a request decides. Requests without the header or the claim go by address.'),
      },
      ['by'],
    )
      .optional()
      .describe('The same target for the same header, claim or address, as long as it is available.'),
  },
  ['consistent_hash'],
);

const target = map(
  {
    url: word('a URL as in `http://127.0.0.1:7001`').optional().describe('Where it is.'),
    weight: count(1, 1000).default(1).describe('How many requests it gets, beside the weights of the others.'),
  },
  ['url'],
);

export const upstream = map(
  {
    targets: list(
      z.union([word('a URL as in `http://127.0.0.1:7001`'), target], {
        error: 'write a URL as in `http://127.0.0.1:7001`, or `{ url: URL, weight: 2 }`',
      }),
      'http://127.0.0.1:7001',
    )
      .optional()
      .describe(
        'The addresses of the service: `http://` or `https://`, host, port, and a base path if any; or `{ url, weight }`, the weight from 1 to 1000.',
      ),
    balance: z
      .union([choice(['round_robin', 'least_requests']), hashing], {
        error: 'write `round_robin`, `least_requests`, or `{ consistent_hash: { by: header:NAME } }`',
      })
      .default('round_robin')
      .describe(
        'Which target is next. `{ consistent_hash: { by: … } }`: the same for the same `header:NAME`, `claim:NAME` or `address`.',
      ),
    timeouts: map({
      connect: duration({ min: '10ms', max: '1m' }).default('1s').describe('To open a connection.'),
      response: duration({ min: '10ms', max: '1h' })
        .default('15s')
        .describe('From the whole request to the head of the reply.'),
      idle: duration({ min: '10ms', max: '1h' }).default('60s').describe('Between two reads of a reply.'),
    })
      .prefault({})
      .describe('Time limits towards this service.'),
    keep_alive: duration({ min: '10ms', max: '1h' })
      .default('4s')
      .describe(
        'How long an unused connection is kept. Keep it under what the service itself allows: Node closes after 5s.',
      ),
    max_connections: count(1, 65_535).default(256).describe('The most connections to one target.'),
    concurrency: map({
      max: count(1, 1_000_000)
        .optional()
        .describe('Requests at once, over all targets. Without it: `max_connections` for each target.'),
      queue: count(0, 100_000).default(100).describe('Requests that may wait for a place; more are refused at once.'),
      queue_timeout: duration({ min: '1ms', max: '1m' }).default('1s').describe('How long one waits at most.'),
      adaptive: z
        .boolean()
        .default(false)
        .describe(
          'Finds out, from the times of the replies, how many requests the service takes at once, up to `max`.',
        ),
    })
      .prefault({})
      .describe('How many requests this service has at once, so that one that hangs does not hold up the others.'),
    retry: map({
      attempts: count(0, 10).default(1).describe('How often a request may be sent again; 0: never.'),
      after: list(choice(['connect', 'reset', 'timeout']), 'connect')
        .default(['connect', 'reset'])
        .describe(
          '`connect`: there was no connection, so nothing was sent. `reset`: the connection ended before the reply. `timeout`: the reply did not begin in time.',
        ),
      statuses: list(count(500, 599), '503')
        .default([502, 503, 504])
        .describe('Replies without `Retry-After` after which another is asked for.'),
      budget: ratio({ min: '0%', max: '100%' })
        .default('20%')
        .describe('Requests sent again, as a share of those of the last 10 s; ten in 10 s are always allowed.'),
      backoff: duration({ min: '1ms', max: '10s' })
        .default('25ms')
        .describe('Where there is no other target: the longest random pause before the same is asked again.'),
    })
      .prefault({})
      .describe('Requests without a body that may be sent again, on another target where there is one.'),
    tls: upstreamTls.optional().describe('For `https://` targets. Without it: verified against whom Node trusts.'),
    client_credentials: clientCredentials
      .optional()
      .describe('The gateway gets a token of its own and sends it in the place of the caller’s `Authorization`.'),
    ramp_up: duration({ min: '0s', max: '10m' })
      .default('10s')
      .describe('How long a target that came back takes to get its whole share of the requests, beside the others.'),
    panic_below: ratio({ min: '1%', max: '100%' })
      .optional()
      .describe(
        'While fewer of the targets than this are available, requests go to those that are not, too. Without it: never.',
      ),
    health_check: healthCheck
      .optional()
      .describe('Asks every target whether it is well. Without it: only requests find out.'),
    circuit_breaker: z
      .union([z.literal('off'), circuitBreaker], { error: 'write `off`, or a map as in `{ open_for: 5s }`' })
      .prefault({})
      .describe('Stops calling a target that is down. `off`: callers wait for it, each until its time limit.'),
  },
  ['targets'],
);

export type UpstreamValue = z.output<typeof upstream>;
export type HealthCheckValue = z.output<typeof healthCheck>;
