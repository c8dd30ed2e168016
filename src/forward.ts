/**
 * Break, then forward: waits for a place among the upstream's requests, picks a
 * target whose circuit lets one through, writes the head the service sees, and
 * leaves the bytes to the wire; what failed without harm may go to another
 * target. How the exchange ended is told to `conclude` exactly once.
 */
import type { Waiting } from './breaker/bulkhead.ts';
import type { Admission } from './gateway.ts';
import type { Plan } from './plan.ts';
import { refuse, Refusal } from './refusal.ts';
import type { TargetPlan } from './upstream/target-plan.ts';
import type { Picked, UpstreamPlan } from './upstream/upstream-plan.ts';
import type { Exchange, ExchangeListener } from './wire/exchange.ts';
import type { Pool } from './wire/pool.ts';
import { Relay } from './wire/relay.ts';
import type { Again, Pause, RelayFault, RelayObserver, RelayRequest } from './wire/relay.ts';
import type { ReplyHead } from './wire/reply-head.ts';
import type { TunnelEnd } from './wire/tunnel.ts';
import type { Outcome } from './outcome.ts';
import { outgoingOf } from './outgoing.ts';
import { replyFieldsOf } from './reply-fields.ts';

const CALLERS_FAULTS: ReadonlySet<RelayFault> = new Set(['body_too_large', 'malformed_request', 'request_timeout']);

export type Conclude<Peer> = (
  exchange: Exchange<Peer>,
  admission: Admission,
  outcome: Outcome,
  forwarding: Forwarding<Peer>,
) => void;

/** Sends what was admitted to its upstream; `conclude` hears how it ended. Returns a refusal when there is nobody to send it to. */
export function forward<Peer>(
  admission: Admission,
  { exchange, upstream }: { readonly exchange: Exchange<Peer>; readonly upstream: UpstreamPlan },
  plan: Pick<Plan, 'clock' | 'dateLine'>,
  conclude: Conclude<Peer>,
): Refusal | undefined {
  const { route } = admission;
  // Before a permit is taken: what throws must not keep one.
  const outgoing = outgoingOf(admission, exchange.head, plan);
  if (outgoing instanceof Refusal) return outgoing;
  const { headText, upgrade } = outgoing;
  const relay = {
    headText,
    lastLines: '',
    maxBodyBytes: route.maxBodyBytes,
    deadlineAt: exchange.startedAt + route.totalMs,
    upgrade,
    every: plan.clock.every,
  };
  return new Forwarding(admission, exchange, { upstream, plan, conclude, relay }).start();
}

interface ForwardingParts<Peer> {
  readonly upstream: UpstreamPlan;
  readonly plan: Pick<Plan, 'clock' | 'dateLine'>;
  readonly conclude: Conclude<Peer>;
  readonly relay: RelayRequest;
}

const UNAUTHORIZED = 401;
const NO_CREDENTIALS = 'The gateway cannot get its own token for the service now; try again.';
const TOO_MANY = { detail: 'The service has as many requests as it may; try again.', retryAfterMs: 1000 };

export class Forwarding<Peer> implements RelayObserver, Waiting, ExchangeListener {
  /** From sending the request to the head of the reply; `undefined` while there is none. */
  upstreamMs: number | undefined;
  readonly #admission: Admission;
  readonly #exchange: Exchange<Peer>;
  readonly #parts: ForwardingParts<Peer>;
  /** Whom it was sent to; `undefined` while it waits. */
  #picked: Picked | undefined;
  /** Who had it last, and what he did wrong. */
  #left: { readonly target: TargetPlan; readonly fault: RelayFault | undefined } | undefined;
  #startedAt = 0;
  #retries = 0;
  /** Ends the wait for the gateway's own credentials. */
  #stopWaiting: (() => void) | undefined;
  /** The line with credentials that the service did not take. */
  #refused: string | undefined;
  #failed = false;
  /** The breaker has its verdict already. */
  #judged = false;
  #replyMs = 0;

  constructor(admission: Admission, exchange: Exchange<Peer>, parts: ForwardingParts<Peer>) {
    this.#admission = admission;
    this.#exchange = exchange;
    this.#parts = parts;
  }

  /** Returns a refusal when there is nobody to send it to. */
  start(): Refusal | undefined {
    const { upstream, relay } = this.#parts;
    const entry = upstream.bulkhead.enter(this);
    if (entry === 'full') return refuse('overloaded', TOO_MANY);
    if (entry === 'queued') {
      this.#exchange.listen(this, relay.deadlineAt);
      return undefined;
    }
    const refusal = this.#send();
    if (refusal !== undefined) upstream.bulkhead.exit(undefined);
    return refusal;
  }

  /** Sends it, once there are credentials to send with it where the service wants some. */
  #send(): Refusal | undefined {
    const { clientToken } = this.#parts.upstream;
    if (clientToken !== undefined && clientToken.line() === undefined) {
      this.#stopWaiting = clientToken.wait(() => this.#sendLate());
      if (this.#stopWaiting !== undefined) {
        this.#exchange.listen(this, this.#parts.relay.deadlineAt);
        return undefined;
      }
    }
    const pool = this.#pick();
    if (pool instanceof Refusal) return pool;
    new Relay(this.#exchange, this, this.#parts.relay).start(pool);
    return undefined;
  }

  #sendLate(): void {
    this.#stopWaiting = undefined;
    try {
      this.entered();
    } catch (error) {
      // Others wait for the same token.
      this.broke(error);
    }
  }

  // While it waits, for a place or then for credentials.

  entered(): void {
    const refusal = this.#send();
    if (refusal !== undefined) this.#end({ kind: 'refused', refusal });
  }

  notEntered(): void {
    this.#endOutside({ kind: 'refused', refusal: refuse('overloaded', TOO_MANY) });
  }

  callerGone(): void {
    if (this.#stopWaiting !== undefined) {
      this.#stopWaiting();
      return this.#end({ kind: 'abandoned' });
    }
    this.#parts.upstream.bulkhead.leave(this);
    this.#endOutside({ kind: 'abandoned' });
  }

  timedOut(): void {
    if (this.#stopWaiting !== undefined) {
      this.#stopWaiting();
      return this.#end({ kind: 'refused', refusal: this.#withoutCredentials() });
    }
    this.#parts.upstream.bulkhead.leave(this);
    this.notEntered();
  }

  writable(): void {}

  // While it is relayed.

  #pick(): Pool | Refusal {
    const { upstream, plan, relay } = this.#parts;
    if (upstream.clientToken !== undefined) {
      const line = upstream.clientToken.line();
      // What the service refused just now it would refuse again.
      if (line === undefined || line === this.#refused) return this.#withoutCredentials();
      relay.lastLines = line;
    }
    const picked = upstream.pick(this.#admission, this.#left?.target);
    if (picked instanceof Refusal) return picked;
    this.#picked = picked;
    this.#startedAt = plan.clock.monotonic();
    if (this.#retries === 0) upstream.retries.request(this.#startedAt);
    return picked.target.pool;
  }

  #withoutCredentials(): Refusal {
    const retryAfterMs = this.#parts.upstream.clientToken?.retryAfterMs() ?? 0;
    return refuse('credentials_unavailable', { detail: NO_CREDENTIALS, retryAfterMs });
  }

  pauseBeforeRetry(after: Again, fault: RelayFault | undefined): Pause | undefined {
    const { upstream, plan, relay } = this.#parts;
    const { clientToken } = upstream;
    const picked = this.#picked;
    if (picked === undefined) return undefined;
    const refused = typeof after !== 'string' && after.status === UNAUTHORIZED;
    // Once is all: a service that takes no token would go on for ever.
    if (refused && (this.#refused !== undefined || clientToken?.refused(relay.lastLines) !== true)) return undefined;
    const pauseMs = upstream.retries.pauseBefore(refused ? 'credentials' : after, {
      retries: this.#retries,
      elsewhere: upstream.targets.some((target) => target !== picked.target && target.isAvailable()),
      nowMs: plan.clock.monotonic(),
      deadlineAt: relay.deadlineAt,
    });
    if (pauseMs === undefined) return undefined;
    this.#retries++;
    if (typeof after === 'string' || picked.target.isFailure(after.status)) picked.target.failure(picked.permit);
    else picked.target.release(picked.permit);
    this.#picked = undefined;
    this.#left = { target: picked.target, fault };
    if (!refused || clientToken === undefined) return pauseMs;
    this.#refused = relay.lastLines;
    // Another request may have brought the new one already; if not, it is on its way.
    return clientToken.line() === undefined ? (then) => clientToken.wait(then)! : pauseMs;
  }

  retry(): Pool | undefined {
    const pool = this.#pick();
    if (!(pool instanceof Refusal)) return pool;
    // That nobody else is left says less than what went wrong.
    const fault = this.#left?.fault;
    this.#end({ kind: 'refused', refusal: fault === undefined ? pool : refuse(fault) });
    return undefined;
  }

  replyFields(head: ReplyHead): string {
    this.upstreamMs = this.#parts.plan.clock.monotonic() - this.#startedAt;
    this.#failed = this.#picked?.target.isFailure(head.status) === true;
    if (this.#admission.route.streaming && !this.#failed) this.#answered();
    if (head.status === UNAUTHORIZED) this.#parts.upstream.clientToken?.refused(this.#parts.relay.lastLines);
    return replyFieldsOf(head, this.#admission, this.#parts.plan);
  }

  relayed(status: number): void {
    this.#judge(this.#failed ? 'failure' : 'success');
    this.#end({ kind: 'relayed', status });
  }

  failed(fault: RelayFault, detail: string): void {
    const ours = fault === 'overloaded';
    const callers = CALLERS_FAULTS.has(fault);
    this.#judge(ours || callers ? 'release' : 'failure');
    const refusal = refuse(fault, {
      ...(ours ? { retryAfterMs: 1000 } : {}),
      ...(callers ? { detail: `The request body: ${detail}.` } : {}),
      ...(fault === 'upstream_timeout' ? { detail: `The service took too long: ${detail}.` } : {}),
    });
    this.#end({ kind: 'refused', refusal });
  }

  cutShort(status: number, fault: RelayFault): void {
    this.#judge(CALLERS_FAULTS.has(fault) ? 'release' : 'failure');
    this.#end({ kind: 'cut_short', status });
  }

  abandoned(): void {
    this.#judge('release');
    this.#end({ kind: 'abandoned' });
  }

  switched(): void {
    this.#answered();
    this.#replyMs = this.#parts.plan.clock.monotonic() - this.#exchange.startedAt;
  }

  tunnelEnded(end: TunnelEnd): void {
    this.#judge('release');
    this.#end({ kind: 'tunnelled', end, replyMs: this.#replyMs });
  }

  broke(error: unknown): void {
    this.#judge('release');
    this.#end({ kind: 'broke', error });
  }

  /** What follows may last for days: a probe is over with the answer, the load on the target is not. */
  #answered(): void {
    if (this.#judged || this.#picked === undefined) return;
    this.#judged = true;
    this.#picked.target.answered(this.#picked.permit, this.upstreamMs ?? 0);
  }

  /** Gives the permit back, with what is to be thought of the target. */
  #judge(verdict: 'success' | 'failure' | 'release'): void {
    if (this.#picked === undefined) return;
    const { target, permit } = this.#picked;
    if (this.#judged) target.done();
    else if (verdict === 'success') target.success(permit, this.upstreamMs ?? 0);
    else target[verdict](permit);
  }

  #end(outcome: Outcome): void {
    // What a service took to answer says how busy it is; what a body takes, or a fault, does not.
    this.#parts.upstream.bulkhead.exit(this.#failed ? undefined : this.upstreamMs);
    this.#endOutside(outcome);
  }

  /** Where it has no place among the upstream's requests. */
  #endOutside(outcome: Outcome): void {
    this.#parts.conclude(this.#exchange, this.#admission, outcome, this);
  }
}
