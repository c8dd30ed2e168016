/**
 * The request path. What each stage may know is decided by their order, and the
 * order is the security policy, so it stands here once and in straight lines:
 *
 *   route → limit by address → authenticate → authorize → limit by caller   admit
 *   plugins                                                                 act
 *   break → forward                                                         forward
 *   log                                                                     conclude
 *
 * `admit` touches no socket; `forward` takes only what `admit` let through.
 */
import type { Principal } from './auth/principal.ts';
import { answerLocally, type LocalOutcome } from './answer-locally.ts';
import { forward } from './forward.ts';
import { replyLines } from './reply-fields.ts';
import type { Forwarding } from './forward.ts';
import type { Outcome } from './outcome.ts';
import { Passage, type Link } from './passage.ts';
import type { Plan, RoutePlan } from './plan.ts';
import { problemOf, refusalLines, refuse, Refusal } from './refusal.ts';
import { fieldOf } from './request.ts';
import { checkAll, NOTHING_TAKEN, takeAll } from './limit/take.ts';
import { normalizePath } from './route/path.ts';
import type { Exchange } from './wire/exchange.ts';
import type { Serve } from './wire/serve.ts';
import type { TunnelEnd } from './wire/tunnel.ts';
import { WEBSOCKET } from './wire/websocket.ts';

declare const admitted: unique symbol;

/** A request that passed every stage. Only `admit` makes one, so nothing can be forwarded that skipped a stage. */
export type Admission = Passage & { readonly route: RoutePlan; readonly [admitted]: true };

/** An answer that is neither a refusal nor the upstream's: a CORS preflight. */
export class Answer {
  readonly status: number;
  readonly reason: string;
  /** Field lines, each ended by CRLF. */
  readonly fields: string;
  constructor(status: number, reason: string, fields: string) {
    this.status = status;
    this.reason = reason;
    this.fields = fields;
  }
}

export type Decision = Admission | Refusal | Answer;

const BAD_PATH = refuse('malformed_request', {
  detail: 'The path is not in a form that has one meaning: check its escapes, slashes and dots.',
});
const NO_ROUTE = refuse('no_route');
const NOT_LOADED = refuse('keys_unavailable', {
  detail: 'It is not known yet which tokens have been revoked; try again.',
  retryAfterMs: 1000,
});
const SHED_MS = 1000;
/** There is more to do than can be done: this request is none that is done. */
export const SHED = refuse('overloaded', {
  detail: 'The gateway has more to do than it can; try again later.',
  retryAfterMs: SHED_MS,
});
const INTERNAL = refuse('internal');
const FOREIGN_PAGE = refuse('origin_not_allowed', { detail: 'No page of this origin may open a WebSocket here.' });
/** What the access log says of a caller who did not wait for the reply. Never sent. */
const CALLER_LEFT = 499;
const SWITCHED = 101;

/** Decides on one request. What each stage learns is noted in `passage`. A promise only where a key or a signature must be waited for. */
export function admit(plan: Plan, passage: Passage): Decision | Promise<Decision> {
  const { request } = passage;

  // Route.
  const path = normalizePath(request.rawPath);
  if (path === undefined) return BAD_PATH;
  passage.path = path;
  const match = plan.routes.find(request.host, request.method, path);
  if (match.kind === 'no_route') return NO_ROUTE;
  if (match.kind === 'method_not_allowed') {
    const preflight = request.method === 'OPTIONS' ? preflightOf(plan, passage) : undefined;
    return preflight ?? refuse('method_not_allowed', { headers: [['Allow', match.allow]] });
  }
  const { route } = match;
  passage.route = route;
  // Before anything that costs more than to say no.
  if (plan.pressure.level > route.priority && plan.pressure.sheds(route.priority)) return SHED;
  // A preflight carries no token by design: it is answered before one is asked for, and costs no quota.
  if (route.cors !== undefined && request.method === 'OPTIONS') {
    const preflight = preflightOf(plan, passage);
    if (preflight !== undefined) return preflight;
  }

  // Limit by address: before any signature is looked at, so that a flood of bad tokens meets a limit too.
  const { authenticator } = route;
  const failures = plan.failedAuthentications;
  const looksAtFailures = authenticator !== undefined && failures.length > 0;
  const tooMany = looksAtFailures ? checkAll(failures, passage, plan.clock.monotonic()) : undefined;
  if (tooMany !== undefined) return tooMany;
  const taken = takeAll(route.addressLimits, passage, plan.clock.monotonic());
  if (taken instanceof Refusal) return taken;
  passage.taken = taken;

  // A page of any origin can open a WebSocket, and its browser sends the cookies: nobody is asked before (RFC 6455 §10.2).
  if (route.tunnel !== undefined && request.upgrade === WEBSOCKET && route.cors?.refuses(request) === true)
    return FOREIGN_PAGE;

  // Authenticate: the connection, where the route asks for that, then the token.
  const stranger = route.checkCertificate?.(passage.peer.certificate);
  if (stranger !== undefined) return stranger;
  if (authenticator === undefined) return afterAuthentication(plan, passage, route, undefined);
  const principal = authenticator.authenticate(request);
  if (principal instanceof Promise) return principal.then((late) => afterAuthentication(plan, passage, route, late));
  return afterAuthentication(plan, passage, route, principal);
}

function afterAuthentication(
  plan: Plan,
  passage: Passage,
  route: RoutePlan,
  authenticated: Principal | Refusal | undefined,
): Decision {
  const principal = authenticated && stillGood(authenticated, plan, passage, route);
  if (principal instanceof Refusal) {
    if (principal.status === 401) takeAll(plan.failedAuthentications, passage, plan.clock.monotonic());
    return principal;
  }

  // Authorize.
  const unauthorized = principal === undefined ? undefined : route.authorize?.(principal, passage.request.method);
  if (unauthorized !== undefined) return unauthorized;

  // Limit by caller.
  const taken = takeAll(route.callerLimits, passage, plan.clock.monotonic(), passage.taken);
  if (taken instanceof Refusal) {
    passage.taken = NOTHING_TAKEN;
    return taken;
  }
  passage.taken = taken;

  // Asked to go no further (RFC 9110 §7.6.2): the gateway is who is asked.
  if (passage.request.method === 'OPTIONS' && fieldOf(passage.request, 'max-forwards') === '0') {
    return new Answer(204, 'No Content', `Allow: ${route.allow}\r\n`);
  }
  return passage as Admission;
}

/** What no signature says: that the token was not revoked since, and that this connection may use it. */
function stillGood(
  authenticated: Principal | Refusal,
  plan: Plan,
  passage: Passage,
  { authenticator }: RoutePlan,
): Principal | Refusal {
  if (authenticated instanceof Refusal || authenticator === undefined) return authenticated;
  // Who it is was proven, whatever comes of it.
  passage.principal = authenticated;
  const { boundTo, claims } = authenticated;
  if (boundTo !== undefined && boundTo !== passage.peer.certificate?.claims.fingerprint) return authenticator.misbound;
  const { ownIssuer } = plan;
  if (ownIssuer === undefined) return authenticated;
  if (!ownIssuer.ready()) return NOT_LOADED;
  return ownIssuer.isRevoked(claims) ? authenticator.revoked : authenticated;
}

/** How an exchange ended, for the log. */
export interface Ending {
  readonly status: number;
  /** Present if and only if the gateway itself gave the answer. */
  readonly refusal?: Refusal;
  readonly forwarding?: Pick<Forwarding<Link>, 'upstreamMs'> | undefined;
  /** The reply had begun and did not get to its end. */
  readonly cutShort?: boolean;
  /** The caller did not wait for the end of it. */
  readonly left?: boolean;
  /** Present where the exchange became a tunnel: why that ended, and how long the 101 took. */
  readonly tunnel?: { readonly end: TunnelEnd; readonly replyMs: number };
}

/** Writes down what happened; called once for every exchange, whatever happened. */
export type Record = (exchange: Exchange<Link>, passage: Passage, ending: Ending) => void;

/** Serves every exchange of the wire under `plan`. */
export function createGateway(plan: Plan, record: Record): Serve<Link> {
  /** Who writes down what happened must not make anything happen. */
  function note(exchange: Exchange<Link>, passage: Passage, ending: Ending): void {
    try {
      record(exchange, passage, ending);
    } catch (error) {
      plan.log('error', 'record_failed', { request_id: passage.requestId, error });
    }
  }

  /** Answers, and logs. A stage's bug ends here as one 500, and ends nobody else's request. */
  function act(exchange: Exchange<Link>, passage: Passage, decision: Decision | Promise<Decision>): void {
    try {
      if (decision instanceof Promise) {
        decision.then(
          (late) => act(exchange, passage, late),
          (error: unknown) => fail(exchange, passage, error),
        );
      } else if (exchange.gone) conclude(exchange, passage, { kind: 'abandoned' }, undefined);
      else if (decision === SHED) shed(exchange, passage);
      else if (decision instanceof Refusal) answerRefusal(exchange, passage, decision, undefined);
      else if (decision instanceof Answer) {
        exchange.answer(
          decision.status,
          decision.reason,
          `${decision.fields}${plan.dateLine()}X-Request-ID: ${passage.requestId}\r\n`,
          '',
        );
        note(exchange, passage, { status: decision.status });
      } else {
        const { local, upstream, plugins } = decision.route;
        const instead = plugins.onRequest?.(decision);
        if (instead instanceof Refusal) answerRefusal(exchange, passage, instead, undefined);
        else if (instead !== undefined) concludeLocal(exchange, passage, { kind: 'replied', reply: instead });
        else if (local !== undefined) {
          answerLocally(decision, exchange, local, (outcome) => concludeLocal(exchange, passage, outcome));
        } else if (upstream !== undefined) {
          const refusal = forward(decision, { exchange, upstream }, plan, conclude);
          if (refusal !== undefined) answerRefusal(exchange, passage, refusal, undefined);
        }
      }
    } catch (error) {
      fail(exchange, passage, error);
    }
  }

  function conclude(
    exchange: Exchange<Link>,
    passage: Passage,
    outcome: Outcome,
    forwarding: Forwarding<Link> | undefined,
  ): void {
    switch (outcome.kind) {
      case 'refused':
        return answerRefusal(exchange, passage, outcome.refusal, forwarding);
      case 'relayed':
      case 'cut_short':
        return note(exchange, passage, {
          status: outcome.status,
          forwarding,
          cutShort: outcome.kind === 'cut_short',
        });
      case 'tunnelled':
        return note(exchange, passage, { status: SWITCHED, forwarding, tunnel: outcome });
      case 'broke':
        return fail(exchange, passage, outcome.error);
      case 'abandoned':
        return note(exchange, passage, { status: CALLER_LEFT, forwarding, left: true });
    }
  }

  function concludeLocal(exchange: Exchange<Link>, passage: Passage, outcome: LocalOutcome): void {
    switch (outcome.kind) {
      case 'refused':
        return answerRefusal(exchange, passage, outcome.refusal, undefined);
      case 'broke':
        return fail(exchange, passage, outcome.error);
      case 'abandoned':
        return note(exchange, passage, { status: CALLER_LEFT, left: true });
      case 'replied': {
        const { status, reason, fields, body } = outcome.reply;
        exchange.answer(status, reason, fields + plan.dateLine() + replyLines(passage, passage.route), body);
        return note(exchange, passage, { status });
      }
    }
  }

  function answerRefusal(
    exchange: Exchange<Link>,
    passage: Passage,
    refusal: Refusal,
    forwarding: Forwarding<Link> | undefined,
  ): void {
    exchange.answer(
      refusal.status,
      refusal.title,
      refusalLines(refusal) + plan.dateLine() + replyLines(passage, passage.route),
      problemOf(refusal, passage.requestId),
    );
    note(exchange, passage, { status: refusal.status, refusal, forwarding });
  }

  /** Its caller is not heard for as long as it was told to wait: refusing must not become the work. */
  function shed(exchange: Exchange<Link>, passage: Passage): void {
    exchange.rest?.(SHED_MS);
    answerRefusal(exchange, passage, SHED, undefined);
  }

  function fail(exchange: Exchange<Link>, passage: Passage, error: unknown): void {
    plan.log('error', 'request_failed', {
      request_id: passage.requestId,
      route: passage.route?.name,
      error: error instanceof Error ? error.stack : String(error),
    });
    if (!exchange.replyStarted) return answerRefusal(exchange, passage, INTERNAL, undefined);
    exchange.abort();
    note(exchange, passage, { status: INTERNAL.status, cutShort: true });
  }

  /** The connection may have been opened, or served last, under another plan. */
  function passageOf({ head, peer: link }: Exchange<Link>): Passage {
    if (link.edition !== plan.edition) {
      link.peer = plan.seePeer(link.peer);
      link.edition = plan.edition;
    }
    return new Passage(head, plan.originOf(head, link.peer));
  }

  return {
    opened: (...caller) => ({ peer: plan.openPeer(...caller), edition: plan.edition }),
    serve(exchange) {
      const passage = passageOf(exchange);
      try {
        act(exchange, passage, admit(plan, passage));
      } catch (error) {
        fail(exchange, passage, error);
      }
    },
    refuseHead(exchange, refusal) {
      const passage = passageOf(exchange);
      answerRefusal(exchange, passage, refusal, undefined);
    },
  };
}

/** The answer to a preflight, where the path has a route with CORS for the method it asks about. */
function preflightOf(plan: Plan, passage: Passage): Answer | undefined {
  const { request } = passage;
  const method = fieldOf(request, 'access-control-request-method');
  if (method === undefined) return undefined;
  const match = plan.routes.find(request.host, method, passage.path);
  const route =
    match.kind === 'route' ? match.route : match.kind === 'method_not_allowed' ? match.routes[0] : undefined;
  const fields = route?.cors?.preflight(request);
  if (fields === undefined) return undefined;
  passage.route = route;
  return new Answer(204, 'No Content', fields);
}
