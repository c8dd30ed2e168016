/** The part of the language about upstreams: where a service is, and how it is treated when it is slow or down. */
import * as z from 'zod';
import { choice, count, duration, list, map, ratio, word } from './scalars.ts';
import { upstreamTls } from './schema-tls.ts';

export const upstream = map(
  {
    targets: list(word('a URL as in `http://127.0.0.1:7001`'), 'http://127.0.0.1:7001')
      .optional()
      .describe('The addresses of the service: `http://` or `https://`, host, port, and a base path if any.'),
    balance: choice(['round_robin', 'least_requests']).default('round_robin').describe('Which target is next.'),
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
    circuit_breaker: map({
      failure_rate: ratio({ min: '1%', max: '100%' })
        .default('50%')
        .describe('Failures among the requests of the window that open it.'),
      minimum_requests: count(1, 1_000_000).default(20).describe('Fewer in the window than this prove nothing.'),
      window: duration({ min: '1s', max: '10m' }).default('10s').describe('How far back requests are counted.'),
      open_for: duration({ min: '100ms', max: '1h' })
        .default('10s')
        .describe('How long nothing is sent before a probe.'),
      probes: count(1, 100).default(1).describe('Requests let through at once to see whether the service is back.'),
    })
      .optional()
      .describe('Stops calling a service that is down. Without it: never.'),
  },
  ['targets'],
);

export type UpstreamValue = z.output<typeof upstream>;
