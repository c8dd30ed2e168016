/**
 * The token by which the gateway itself calls a service: one for all requests,
 * renewed in the background well before it ends, at a moment left to chance.
 *
 * There is one token request at a time, and whoever has no token waits for it.
 * After one that failed the endpoint is left alone for a while, longer each time,
 * and nobody waits: the old token serves to its end, and then requests are
 * refused. A token that the service did not take earns one early request per
 * cooldown, so that a service which takes none cannot make us hammer the endpoint.
 * Ages run on the monotonic clock; a request costs one comparison.
 */
import type { Clock, Log } from '../world.ts';
import { retryDelayMs } from './retry-delay.ts';

/** Settles within seconds; rejects with a message for the operator. */
export type FetchToken = () => Promise<{ readonly token: string; readonly lifeMs: number }>;

export interface ClientTokenWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly fetchToken: FetchToken;
}

export interface ClientTokenState {
  readonly requests: number;
  readonly failures: number;
  /** How often the service did not take a token, and another was asked for. */
  readonly refused: number;
  /** `undefined`: there is no token. */
  readonly remainingMs: number | undefined;
}

export interface ClientToken {
  /** The field line that carries it, if there is one now. */
  readonly line: () => string | undefined;
  /** Calls `then` when the token request under way has ended, unless the returned function is called before. `undefined`: none is to be made now. */
  readonly wait: (then: () => void) => (() => void) | undefined;
  /** The service did not take this one. True where another is at hand or on its way. */
  readonly refused: (line: string) => boolean;
  /** Until there may be one, for `Retry-After`. */
  readonly retryAfterMs: () => number;
  readonly state: () => ClientTokenState;
  /** Asks for the first. More than once is as good as once. */
  readonly start: () => void;
  readonly close: () => void;
}

const TICK_MS = 1000;
/** Between two early requests. */
const COOLDOWN_MS = 30_000;
/** Of its life, at the earliest; and how much of it is left to chance. */
const [RENEW_AT, RENEW_SPREAD] = [0.7, 0.15];

export function createClientToken(
  names: { readonly upstream: string; readonly token_endpoint: string },
  { clock, log, random, fetchToken }: ClientTokenWorld,
): ClientToken {
  let current: { readonly line: string; readonly expiresAt: number } | undefined;
  /** The service did not take it: used again only if there is no other to be had. */
  let doubted = false;
  /** When the request under way began. */
  let flight: number | undefined;
  let nextAt = 0;
  let earlyAt = 0;
  let requests = 0;
  let failures = 0;
  let failuresInARow = 0;
  let refusals = 0;
  let closed = false;
  let stopTicking: (() => void) | undefined;
  const waiting = new Set<() => void>();

  function begin(): void {
    const startedAt = clock.monotonic();
    flight = startedAt;
    requests++;
    fetchToken().then(
      ({ token, lifeMs }) => end(() => apply(token, startedAt, lifeMs)),
      (error: unknown) => end(() => fail(error instanceof Error ? error.message : String(error))),
    );
  }

  function end(take: () => void): void {
    if (closed) return;
    flight = undefined;
    doubted = false;
    take();
    const woken = [...waiting];
    waiting.clear();
    for (const then of woken) then();
  }

  /** Its life is counted from before it was asked for: never too long. */
  function apply(token: string, startedAt: number, lifeMs: number): void {
    current = { line: `Authorization: Bearer ${token}\r\n`, expiresAt: startedAt + lifeMs };
    nextAt = startedAt + lifeMs * (RENEW_AT + RENEW_SPREAD * random());
    failuresInARow = 0;
    log('debug', 'client_token_renewed', { ...names, expires_in_ms: lifeMs });
  }

  function fail(error: string): void {
    failures++;
    nextAt = clock.monotonic() + retryDelayMs(++failuresInARow, random);
    log('warn', 'client_token_failed', { ...names, error, keeping_old: line() !== undefined });
  }

  function line(): string | undefined {
    return current !== undefined && !doubted && clock.monotonic() < current.expiresAt ? current.line : undefined;
  }

  function tick(): void {
    const now = clock.monotonic();
    if (current !== undefined && now >= current.expiresAt) {
      current = undefined;
      log('error', 'client_token_lost', names);
    }
    if (flight === undefined && now >= nextAt) begin();
  }

  return {
    line,
    wait(then) {
      if (flight === undefined) {
        if (clock.monotonic() < nextAt) return undefined;
        begin();
      }
      waiting.add(then);
      return () => waiting.delete(then);
    },
    refused(sent) {
      if (sent !== current?.line) return flight !== undefined || line() !== undefined;
      if (flight === undefined) {
        const now = clock.monotonic();
        // Where the endpoint fails, a token in doubt is better than none.
        if (now < earlyAt || failuresInARow > 0) return false;
        earlyAt = now + COOLDOWN_MS;
        refusals++;
        log('warn', 'client_token_refused', names);
        begin();
      }
      doubted = true;
      return true;
    },
    retryAfterMs: () => Math.max(TICK_MS, nextAt - clock.monotonic()),
    state: () => ({
      requests,
      failures,
      refused: refusals,
      remainingMs: current === undefined ? undefined : Math.max(0, current.expiresAt - clock.monotonic()),
    }),
    start() {
      if (stopTicking !== undefined) return;
      stopTicking = clock.every(TICK_MS, tick);
      tick();
    },
    close() {
      closed = true;
      stopTicking?.();
    },
  };
}
