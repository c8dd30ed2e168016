/**
 * What is known of one request so far. Each stage adds what it learned; the
 * limits read the caller from it, and the access log reads all of it, whatever
 * happened. Made once per request.
 */
import type { ClientCertificate } from './auth/client-certificate.ts';
import type { Principal } from './auth/principal.ts';
import { NOTHING_TAKEN } from './limit/take.ts';
import type { Taken } from './limit/take.ts';
import type { RoutePlan } from './plan.ts';
import type { Request } from './request.ts';

/** The other end of a connection: worked out once for all the requests on it. */
export interface Peer {
  /** In canonical text. */
  readonly address: string;
  /** What a limit by address counts: the address, or the prefix of it that one caller holds. */
  readonly addressKey: string;
  /** Whether its `X-Forwarded-*` and `X-Request-ID` are believed. */
  readonly trusted: boolean;
  /** What it speaks to us. */
  readonly scheme: 'http' | 'https';
  /** What it showed in its handshake, verified. */
  readonly certificate: ClientCertificate | undefined;
}

/** A connection from a caller, and how the plan that served it last sees it. */
export interface Link {
  peer: Peer;
  edition: number;
}

export interface Origin {
  readonly peer: Peer;
  readonly address: string;
  readonly addressKey: string;
  readonly requestId: string;
  readonly traceparent: string;
  readonly tracestate: string;
}

export class Passage {
  readonly request: Request;
  readonly peer: Peer;
  /** The caller's: the peer's own, or what a trusted peer says of whom it forwards for. */
  readonly address: string;
  readonly addressKey: string;
  readonly requestId: string;
  readonly traceparent: string;
  /** A field line, or nothing. */
  readonly tracestate: string;
  /** In normal form, once it is known to have one. */
  path: string;
  route: RoutePlan | undefined;
  principal: Principal | undefined;
  /** What its limits counted. */
  taken: Taken;

  constructor(request: Request, from: Origin) {
    this.request = request;
    this.peer = from.peer;
    this.address = from.address;
    this.addressKey = from.addressKey;
    this.requestId = from.requestId;
    this.traceparent = from.traceparent;
    this.tracestate = from.tracestate;
    this.path = request.rawPath;
    this.route = undefined;
    this.principal = undefined;
    this.taken = NOTHING_TAKEN;
  }
}
