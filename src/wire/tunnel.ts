/**
 * What an exchange becomes once both sides have switched to WebSocket: bytes
 * both ways as they came, with back-pressure both ways, until one side ends or a
 * time limit does. No buffer of its own: what one side does not take stays in
 * the other's socket.
 *
 * Where the gateway ends it, the caller gets a Close frame if one fits between
 * the service's; the closing handshake then runs through the tunnel, so that the
 * service sees an orderly end as well.
 */
import type { Clock } from '../world.ts';
import type { Exchange, ExchangeListener, RequestBodySink } from './exchange.ts';
import type { UpstreamConnection } from './upstream.ts';
import type { UpstreamUser } from './upstream-user.ts';
import { closeFrame, FrameTracker } from './websocket-frames.ts';

/** Why a tunnel ended, for the log and the metrics. */
export type TunnelEnd =
  /** Ended by one side, in order. */
  | 'caller_closed'
  | 'upstream_closed'
  /** The connection of one side broke. */
  | 'caller_lost'
  | 'upstream_lost'
  /** Nothing came from either side. */
  | 'idle'
  /** One side did not take what the other sent. */
  | 'stalled'
  | 'token_expired'
  /** The gateway stopped. */
  | 'drained';

export interface TunnelSettings {
  /** How long nothing may come from either side. */
  readonly idleMs: number;
  /** How long a side may leave what it was sent untaken. */
  readonly stallMs: number;
  /** Wall clock: when the caller's token ends, and the tunnel with it. */
  readonly expiresAtMs: number;
  readonly clock: Pick<Clock, 'monotonic' | 'wall'>;
}

/** What a tunnel runs between, and who hears of its end. */
export interface TunnelParts<Peer> {
  readonly exchange: Exchange<Peer>;
  readonly connection: UpstreamConnection;
  readonly ended: (end: TunnelEnd) => void;
}

/** From the first goodbye to the end of both connections. */
const CLOSING_MS = 5000;
/** How often a tunnel is looked at, at least: the wall clock may jump. */
const LOOK_MS = 1000;
/** Status codes of RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const NEVER = Number.POSITIVE_INFINITY;

export class Tunnel<Peer> implements UpstreamUser, ExchangeListener, RequestBodySink {
  readonly method = 'GET';
  readonly #exchange: Exchange<Peer>;
  readonly #connection: UpstreamConnection;
  readonly #settings: TunnelSettings;
  readonly #ended: (end: TunnelEnd) => void;
  readonly #frames = new FrameTracker();
  #lastMoveAt: number;
  /** Since when a side has not taken what it was sent. */
  #callerStuckAt = NEVER;
  #upstreamStuckAt = NEVER;
  /** Why it is ending, once that is settled. */
  #end: TunnelEnd | undefined;
  #closingAt = NEVER;
  /** The gateway has said goodbye: what the service still says has no place behind that. */
  #muted = false;
  #over = false;

  constructor({ exchange, connection, ended }: TunnelParts<Peer>, settings: TunnelSettings) {
    this.#exchange = exchange;
    this.#connection = connection;
    this.#ended = ended;
    this.#settings = settings;
    this.#lastMoveAt = settings.clock.monotonic();
  }

  /** The 101 went out. What the caller sent ahead of it goes to the service now. */
  start(): void {
    this.#connection.handOver(this);
    this.#watch();
    this.#exchange.readBody(this, NEVER);
  }

  // From the caller.

  bodyData(bytes: Buffer): void {
    this.#lastMoveAt = this.#settings.clock.monotonic();
    if (this.#connection.socket.write(bytes)) return;
    this.#upstreamStuckAt = this.#lastMoveAt;
    this.#exchange.pauseBody();
  }

  holdsBytes(): boolean {
    return this.#connection.socket.writableLength > 0;
  }

  /** The caller says no more, and may still listen. */
  bodyEnd(): void {
    this.#closing('caller_closed');
    this.#connection.socket.end();
  }

  bodyFault(): void {
    this.#cut('caller_lost');
  }

  writable(): void {
    this.#callerStuckAt = NEVER;
    this.#connection.resume();
  }

  callerGone(): void {
    this.#finish('caller_lost');
  }

  timedOut(): void {
    const { idleMs, stallMs, expiresAtMs, clock } = this.#settings;
    const now = clock.monotonic();
    if (this.#end !== undefined && now >= this.#closingAt) this.#cut(this.#end);
    else if (now - Math.min(this.#callerStuckAt, this.#upstreamStuckAt) >= stallMs) this.#cut('stalled');
    else if (this.#end === undefined && clock.wall() >= expiresAtMs)
      this.#sayGoodbye('token_expired', POLICY_VIOLATION);
    else if (this.#end === undefined && now - this.#lastMoveAt >= idleMs) this.#sayGoodbye('idle', GOING_AWAY);
    if (!this.#over) this.#watch();
  }

  leave(): boolean {
    this.#sayGoodbye('drained', GOING_AWAY);
    return this.#muted;
  }

  // From the service.

  upstreamBody(bytes: Buffer): void {
    this.#lastMoveAt = this.#settings.clock.monotonic();
    if (this.#muted) return;
    this.#frames.read(bytes);
    if (this.#exchange.sendBody(bytes)) return;
    this.#callerStuckAt = this.#lastMoveAt;
    this.#connection.pause();
  }

  upstreamFlush(): boolean {
    return this.#exchange.flush();
  }

  upstreamEnd(): void {
    this.#exchange.finish('');
    this.#finish('upstream_closed');
  }

  upstreamFault(): void {
    this.#cut('upstream_lost');
  }

  upstreamWritable(): void {
    this.#upstreamStuckAt = NEVER;
    this.#exchange.resumeBody();
  }

  // Of a connection that still speaks HTTP.

  upstreamHead(): void {}

  upstreamInterim(): void {}

  upstreamSwitch(): string {
    return 'it switched protocols twice';
  }

  /** Has itself looked at again when the next limit can be over. */
  #watch(): void {
    const { clock, idleMs } = this.#settings;
    const now = clock.monotonic();
    this.#exchange.listen(this, Math.min(now + LOOK_MS, this.#lastMoveAt + idleMs, this.#closingAt));
  }

  #closing(end: TunnelEnd): void {
    this.#end ??= end;
    this.#closingAt = Math.min(this.#closingAt, this.#settings.clock.monotonic() + CLOSING_MS);
  }

  #sayGoodbye(end: TunnelEnd, code: number): void {
    if (this.#muted) return;
    if (this.#frames.closed || !this.#frames.atBoundary || this.#callerStuckAt !== NEVER) return this.#cut(end);
    this.#exchange.sendBody(closeFrame(code));
    this.#muted = true;
    this.#closing(end);
    this.#watch();
  }

  #cut(end: TunnelEnd): void {
    // After a goodbye, an ordinary end is in order.
    if (this.#muted) this.#exchange.finish('');
    else this.#exchange.abort();
    this.#finish(end);
  }

  #finish(end: TunnelEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection.destroy();
    this.#ended(this.#end ?? end);
  }
}
