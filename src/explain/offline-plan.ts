/**
 * The plan that would serve, without anything to serve: the same stages over the
 * same configuration, with a clock that is set by hand, keys that are handed in,
 * and no socket, store or timer. What it decides is what the gateway would
 * decide. Made anew for each question, so that no count outlives it; about a
 * millisecond for a small configuration.
 */
import type { Config, OAuth2Config } from '../config/config.ts';
import type { OwnIssuer } from '../issuer/own-issuer.ts';
import { createMetrics } from '../log/metrics.ts';
import { oauthPaths } from '../oauth-paths.ts';
import { createPlan, type Plan } from '../plan.ts';
import type { Clock } from '../world.ts';

/** Stands still until it is moved. Nothing is ever called by it. */
export interface OfflineClock extends Clock {
  /** Both clocks; backwards too, to count what was before. */
  move(ms: number): void;
}

export interface OfflinePlan {
  readonly plan: Plan;
  readonly clock: OfflineClock;
  /** The one key set of all issuers, from now on. */
  useKeys(keys: readonly unknown[]): void;
  close(): void;
}

export interface OfflineOptions {
  /** What the wall clock says. */
  readonly wallMs: number;
  /** Of the tokens with these claims: whether they were revoked. Asked only where the configuration has `oauth2`. */
  readonly isRevoked?: (claims: Readonly<Record<string, unknown>>) => boolean;
}

export function createOfflinePlan(config: Config, { wallMs, isRevoked = () => false }: OfflineOptions): OfflinePlan {
  const clock = createOfflineClock(wallMs);
  let keys: readonly unknown[] = [];
  let injectors = 0;
  const plan = createPlan(config, {
    clock,
    log: () => {},
    // The same question has the same answer.
    random: () => 0,
    // Its principals are its own: those that serve must not grow with every question.
    numberInjector: () => injectors++,
    // Names are not looked up: a target that has no address yet is one target.
    resolve: () => new Promise(() => {}),
    // Nobody is asked about a token.
    postTo: () => () => Promise.reject(new Error('nobody is asked offline')),
    fetchKeys: async () => ({ keys, maxAgeMs: undefined }),
    metrics: createMetrics(),
    ownIssuer: config.oauth2 && offlineIssuer(config.oauth2, { publicKeys: () => keys, isRevoked }),
  });
  return {
    plan,
    clock,
    useKeys(now) {
      keys = now;
      // The keys alone: whatever else a plan starts would call somebody.
      for (const keySet of plan.keySets.values()) keySet.start();
    },
    close: () => plan.close(),
  };
}

/** Both clocks say the same, so that windows begin and end at the same moments whenever the question is put. */
function createOfflineClock(startMs: number): OfflineClock {
  let now = startMs;
  return {
    monotonic: () => now,
    wall: () => now,
    every: () => () => {},
    move(ms) {
      now += ms;
    },
  };
}

/** The gateway's own authorization server as far as a request can tell: where its endpoints are, its keys, what was revoked. */
function offlineIssuer({ issuer }: OAuth2Config, known: Pick<OwnIssuer, 'publicKeys' | 'isRevoked'>): OwnIssuer {
  const { token, introspect, revoke, jwks, metadata } = oauthPaths(issuer);
  return {
    ...known,
    routes: [
      ...[token, introspect, revoke].map((path) => ({ path, methods: ['POST'] })),
      ...[jwks, metadata].map((path) => ({ path, methods: ['GET'] })),
    ].map((route) => ({ ...route, name: route.path, maxBodyBytes: 0, answer: notAsked })),
    clientApi: { path: '/clients', answer: notAsked },
    whenKeysChange: () => {},
    ready: () => true,
    note: () => {},
    close: async () => {},
  };
}

function notAsked(): Promise<never> {
  return Promise.reject(new Error('nothing is served offline'));
}
