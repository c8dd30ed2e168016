/**
 * What every wire to callers is given, whatever it speaks: how much it may take
 * and for how long, and what the gateway does with what comes in.
 */
import type { X509Certificate } from 'node:crypto';
import type { Refusal } from '../refusal.ts';
import type { Exchange } from './exchange.ts';

/** While the gateway stops: how long a connection must have been silent to be closed. A request on its way would be lost. */
export const QUIET_MS = 1000;

export interface DownstreamSettings {
  readonly requestLineBytes: number;
  readonly headBytes: number;
  readonly headFields: number;
  readonly headMs: number;
  readonly bodyMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** What the gateway does with what comes in. */
export interface Serve<Peer> {
  /** A connection was accepted: what is kept of the caller for all of its requests. */
  opened(remoteAddress: string, scheme: 'http' | 'https', certificate: X509Certificate | undefined): Peer;
  serve(exchange: Exchange<Peer>): void;
  /** No request could be read. The gateway answers with `refusal`; the connection closes behind it. */
  refuseHead(exchange: Exchange<Peer>, refusal: Refusal): void;
}
