/**
 * Break, then forward: picks a target whose circuit lets a request through,
 * writes the head the service sees, and leaves the bytes to the wire. What
 * becomes of the exchange is told to `done` exactly once.
 */
import type { Admission } from './gateway.ts';
import type { Plan, RoutePlan, TunnelPlan } from './plan.ts';
import type { Passage } from './passage.ts';
import { refuse, Refusal } from './refusal.ts';
import { fieldOf, fieldsOf } from './request.ts';
import { isCorsReplyHeader } from './route/cors.ts';
import type { Picked, TargetPlan, UpstreamPlan } from './upstream-plan.ts';
import type { Exchange } from './wire/exchange.ts';
import { keptFields } from './wire/fields.ts';
import { Relay } from './wire/relay.ts';
import type { RelayFault, RelayObserver, RelayUpgrade } from './wire/relay.ts';
import type { ReplyHead } from './wire/reply-head.ts';
import type { TunnelEnd } from './wire/tunnel.ts';
import { readHandshake, UPGRADE_LINES, WEBSOCKET } from './wire/websocket.ts';

/** How a forwarded exchange ended. */
export type Outcome =
  /** The upstream's reply went out whole. */
  | { readonly kind: 'relayed'; readonly status: number }
  /** There is no reply and never will be: the gateway has to answer. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The reply had begun and could not be completed; the connection is closed. */
  | { readonly kind: 'cut_short'; readonly status: number }
  | { readonly kind: 'abandoned' }
  /** It became a tunnel, which has ended. */
  | { readonly kind: 'tunnelled'; readonly end: TunnelEnd; readonly replyMs: number }
  /** Our own code threw. */
  | { readonly kind: 'broke'; readonly error: unknown };

/** More hops through ourselves than this are a loop (RFC 9110 §7.6.3). */
const MAX_HOPS = 3;
const OWN_HOP = /(?:^|,)\s*(?:1\.[01]|2\.0) gatehouse(?=\s*(?:,|$))/g;

const CALLERS_FAULTS: ReadonlySet<RelayFault> = new Set(['body_too_large', 'malformed_request', 'request_timeout']);

/** Statuses that say the upstream itself is in trouble, rather than the request. */
function isFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}

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
  const { head } = exchange;
  if (head.bodyLength > route.maxBodyBytes) return refuse('body_too_large');
  if (head.names.includes('via') && isLoop(fieldsOf(head, 'via'))) return refuse('loop_detected');
  const upgrade = route.tunnel === undefined ? undefined : upgradeOf(admission, route.tunnel, plan);
  if (upgrade instanceof Refusal) return upgrade;

  // Before a permit is taken: what throws must not keep one.
  const headText = route.writeHead(head, admission, route.inject(admission));
  const picked = upstream.pick(admission);
  if (picked instanceof Refusal) return picked;
  const forwarding = new Forwarding(admission, exchange, picked, { plan, conclude });
  new Relay(exchange, forwarding, {
    pool: picked.target.pool,
    headText: upgrade === undefined ? headText : headText + UPGRADE_LINES,
    maxBodyBytes: route.maxBodyBytes,
    deadlineAt: exchange.startedAt + route.totalMs,
    upgrade,
  }).start();
  return undefined;
}

/** What the caller would switch to, on a route that lets it; `undefined` for a request like any other. */
function upgradeOf(
  { request, principal }: Admission,
  { idleMs, stallMs, expirySkewMs }: TunnelPlan,
  { clock }: Pick<Plan, 'clock'>,
): RelayUpgrade | Refusal | undefined {
  if (request.upgrade !== WEBSOCKET) return undefined;
  const handshake = readHandshake(request);
  if (handshake instanceof Refusal) return handshake;
  const expires = principal !== undefined && expirySkewMs !== undefined;
  const expiresAtMs = expires ? principal.expiresAtMs + expirySkewMs : Number.POSITIVE_INFINITY;
  return { handshake, tunnel: { idleMs, stallMs, expiresAtMs, clock } };
}

function isLoop(via: readonly string[]): boolean {
  return (via.join(',').match(OWN_HOP)?.length ?? 0) >= MAX_HOPS;
}

export class Forwarding<Peer> implements RelayObserver {
  readonly target: TargetPlan;
  /** From sending the request to the head of the reply; `undefined` while there is none. */
  upstreamMs: number | undefined;
  readonly #admission: Admission;
  readonly #exchange: Exchange<Peer>;
  readonly #permit: number;
  readonly #plan: Pick<Plan, 'clock' | 'dateLine'>;
  readonly #conclude: Conclude<Peer>;
  readonly #startedAt: number;
  #failed = false;
  /** The breaker has its verdict already. */
  #judged = false;
  #replyMs = 0;

  constructor(
    admission: Admission,
    exchange: Exchange<Peer>,
    picked: Picked,
    { plan, conclude }: { plan: Pick<Plan, 'clock' | 'dateLine'>; conclude: Conclude<Peer> },
  ) {
    this.target = picked.target;
    this.#admission = admission;
    this.#exchange = exchange;
    this.#permit = picked.permit;
    this.#plan = plan;
    this.#conclude = conclude;
    this.#startedAt = plan.clock.monotonic();
  }

  replyFields(head: ReplyHead): string {
    this.upstreamMs = this.#plan.clock.monotonic() - this.#startedAt;
    this.#failed = isFailure(head.status);
    const { route } = this.#admission;
    if (route.streaming && !this.#failed) this.#answered();
    // A reply without a date gets one on its way (RFC 9110 §6.6.1).
    const date = head.section.names.includes('date') ? '' : this.#plan.dateLine();
    const kept = keptFields(head.text, head.section, head.nominated, route.dropFromReply);
    return kept + date + replyLines(this.#admission, route);
  }

  relayed(status: number): void {
    if (this.#judged) this.target.done();
    else if (this.#failed) this.target.failure(this.#permit);
    else this.target.success(this.#permit);
    this.#end({ kind: 'relayed', status });
  }

  failed(fault: RelayFault, detail: string): void {
    const ours = fault === 'overloaded';
    const callers = CALLERS_FAULTS.has(fault);
    if (ours || callers) this.target.release(this.#permit);
    else this.target.failure(this.#permit);
    const refusal = refuse(fault, {
      ...(ours ? { retryAfterMs: 1000 } : {}),
      ...(callers ? { detail: `The request body: ${detail}.` } : {}),
    });
    this.#end({ kind: 'refused', refusal });
  }

  cutShort(status: number, fault: RelayFault): void {
    if (this.#judged) this.target.done();
    else if (CALLERS_FAULTS.has(fault)) this.target.release(this.#permit);
    else this.target.failure(this.#permit);
    this.#end({ kind: 'cut_short', status });
  }

  abandoned(): void {
    if (this.#judged) this.target.done();
    else this.target.release(this.#permit);
    this.#end({ kind: 'abandoned' });
  }

  switched(): void {
    this.#answered();
    this.#replyMs = this.#plan.clock.monotonic() - this.#exchange.startedAt;
  }

  tunnelEnded(end: TunnelEnd): void {
    this.target.done();
    this.#end({ kind: 'tunnelled', end, replyMs: this.#replyMs });
  }

  broke(error: unknown): void {
    if (this.#judged) this.target.done();
    else this.target.release(this.#permit);
    this.#end({ kind: 'broke', error });
  }

  /** What follows may last for days: a probe is over with the answer, the load on the target is not. */
  #answered(): void {
    if (this.#judged) return;
    this.#judged = true;
    this.target.answered(this.#permit);
  }

  #end(outcome: Outcome): void {
    this.#conclude(this.#exchange, this.#admission, outcome, this);
  }
}

/** What the gateway adds to every reply of a route, refusals included. */
export function replyLines(passage: Passage, route: RoutePlan | undefined): string {
  const cors = route?.cors === undefined ? '' : route.cors.replyHeaders(fieldOf(passage.request, 'origin'));
  return `${cors}${passage.taken.headerText}X-Request-ID: ${passage.requestId}\r\n`;
}

/** Reply fields that the gateway speaks for on such a route: the upstream's own would contradict them. */
export function createReplyGuard(route: { hasCors: boolean; isLimited: boolean }): (lowerName: string) => boolean {
  return (name) =>
    name === 'x-request-id' ||
    (route.hasCors && isCorsReplyHeader(name)) ||
    (route.isLimited && (name === 'ratelimit' || name === 'ratelimit-policy'));
}
