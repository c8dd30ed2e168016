/** Every caller waits for a service that is down. */
import type { Finding, Rule } from './rule.ts';

export const breakerOff: Rule = {
  id: 'breaker-off',
  severity: 'warning',
  title: 'An upstream has no circuit breaker',
  why: 'When the service hangs, every request waits for its whole time limit and holds a place while it does: one slow service makes the gateway slow for all, and calls go on raining on the service while it tries to come back.',
  mend: 'Leave `circuit_breaker` out for the default one, which opens after five failures in a row.',
  examples: {
    failing: `
upstreams:
  app:
    targets: ['http://127.0.0.1:3000']
    circuit_breaker: off # here`,
    passing: `
upstreams:
  app:
    targets: ['http://127.0.0.1:3000']
    circuit_breaker: { open_for: 30s }`,
  },
  check: ({ config }) =>
    config.upstreams.flatMap(({ name, circuitBreaker }): Finding | [] =>
      circuitBreaker !== undefined
        ? []
        : {
            path: ['upstreams', name, 'circuit_breaker'],
            message: `\`${name}\` has no circuit breaker, so every caller waits for it while it is down`,
            mend: 'leave the key out for the default one',
          },
    ),
};
