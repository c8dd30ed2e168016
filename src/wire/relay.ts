/**
 * Carries one exchange to an upstream and its reply back: body against body with
 * back-pressure both ways, and never a reply that pretends to be whole. Knows
 * nothing of policy: the observer makes the heads and hears how it ended.
 */
import { callAfter, type Clock } from '../world.ts';
import type { BodyFault, Exchange, ExchangeListener, RequestBodySink } from './exchange.ts';
import { keptFields } from './fields.ts';
import type { FieldSection } from './fields.ts';
import type { Pool, PoolUser } from './pool.ts';
import type { ReplyHead } from './reply-head.ts';
import { CHUNKED } from './request-head.ts';
import { LAST_CHUNK } from './chunked.ts';
import { Tunnel, type TunnelEnd, type TunnelSettings } from './tunnel.ts';
import { keptTrailers } from './trailers.ts';
import type { UpstreamConnection } from './upstream.ts';
import type { UpstreamFault, UpstreamUser } from './upstream-user.ts';
import { handshakeFault, UPGRADE_LINES, type Handshake } from './websocket.ts';

export type RelayFault = UpstreamFault | 'overloaded' | 'body_too_large' | 'malformed_request' | 'request_timeout';

/** What a request could be sent again after. */
export type Again = 'connect' | 'reset' | 'timeout' | { readonly status: number; readonly asksToWait: boolean };

/** Milliseconds, or whatever is to be waited for: calls its argument then, unless the function that it returns is called before. */
export type Pause = number | ((then: () => void) => () => void);

export interface RelayObserver {
  /**
   * It could be sent again without harm. How long to wait before that, or
   * `undefined`: it is not to be. `fault`: absent where the service did answer.
   */
  pauseBeforeRetry(after: Again, fault: RelayFault | undefined): Pause | undefined;
  /** Where it is sent now. `undefined`: nowhere, and it is over. */
  retry(): Pool | undefined;
  /** The reply's fields as they go to the caller: lines without framing and hop-by-hop fields. */
  replyFields(head: ReplyHead): string;
  /** Over, and the reply was whole. */
  relayed(status: number): void;
  /** Over, and no reply has begun: there is still time to answer. */
  failed(fault: RelayFault, detail: string): void;
  /** Over in the middle of the reply; the caller's connection was closed. */
  cutShort(status: number, fault: RelayFault): void;
  /** Over because the caller left. */
  abandoned(): void;
  /** Over because `replyFields` threw. */
  broke(error: unknown): void;
  /** The upstream agreed to another protocol: what follows is a tunnel. */
  switched(): void;
  /** Over, and so is the tunnel. */
  tunnelEnded(end: TunnelEnd): void;
}

export interface RelayRequest {
  /** The head as it goes to the upstream, without framing fields and without its last empty line. */
  readonly headText: string;
  /** Field lines behind the head that may be others when it is sent again. */
  lastLines: string;
  readonly maxBodyBytes: number;
  /** Monotonic ms. */
  readonly deadlineAt: number;
  /** Present where the caller asks for WebSocket, and may. */
  readonly upgrade: RelayUpgrade | undefined;
  readonly every: Clock['every'];
}

export interface RelayUpgrade {
  readonly handshake: Handshake;
  readonly tunnel: TunnelSettings;
}

/** Up to here a body is joined to its head in one write. */
const JOIN_BYTES = 16_384;
/** May be sent again when nothing came back (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

const nothing = (): boolean => false;

export class Relay<Peer> implements PoolUser, UpstreamUser, ExchangeListener, RequestBodySink {
  readonly method: string;
  #status = 0;
  readonly #exchange: Exchange<Peer>;
  readonly #observer: RelayObserver;
  readonly #request: RelayRequest;
  #pool: Pool | undefined;
  #connection: UpstreamConnection | undefined;
  #reused = false;
  /** A connection that had ended was replaced; once is all. */
  #replaced = false;
  /** Part of a reply went out that is not the reply itself. */
  #interimSent = false;
  #stopPause: (() => void) | undefined;
  #over = false;
  #bodyStarted = false;
  #blocked = false;
  /** Part of the request's body is still to come from the caller. */
  #uploading = false;

  constructor(exchange: Exchange<Peer>, observer: RelayObserver, request: RelayRequest) {
    this.#exchange = exchange;
    this.#observer = observer;
    this.#request = request;
    this.method = exchange.head.method;
  }

  start(pool: Pool): void {
    this.#exchange.listen(this, this.#request.deadlineAt);
    this.#pool = pool;
    pool.acquire(this, false);
  }

  // From the pool.

  useConnection(connection: UpstreamConnection, reused: boolean): void {
    this.#connection = connection;
    this.#reused = reused;
    connection.use(this);
    const { head } = this.#exchange;
    const { maxBodyBytes } = this.#request;
    const headText = this.#request.headText + this.#request.lastLines;
    const { socket } = connection;
    if (head.bodyLength === 0) {
      // A length of 0 is said where a body would have had a meaning (RFC 9110 §8.6).
      const framing =
        this.method === 'POST' || this.method === 'PUT' || this.method === 'PATCH'
          ? 'Content-Length: 0\r\n\r\n'
          : '\r\n';
      socket.write(headText + framing, 'latin1');
      connection.sent(true);
      return;
    }
    const text =
      headText +
      (head.bodyLength === CHUNKED
        ? 'Transfer-Encoding: chunked\r\n\r\n'
        : `Content-Length: ${head.bodyLength}\r\n\r\n`);
    this.#bodyStarted = true;
    const body = this.#exchange.takeWholeBody(maxBodyBytes);
    if (body !== undefined && body.length <= JOIN_BYTES) {
      const joined = Buffer.allocUnsafe(text.length + body.length);
      joined.write(text, 0, 'latin1');
      body.copy(joined, text.length);
      socket.write(joined);
      connection.sent(true);
      return;
    }
    socket.write(text, 'latin1');
    if (body === undefined) {
      this.#uploading = true;
      return this.#exchange.readBody(this, maxBodyBytes);
    }
    // It stands in the buffer that is read into next.
    socket.write(Buffer.from(body));
    connection.sent(true);
  }

  noConnection(fault: UpstreamFault | 'overloaded', detail: string): void {
    if (fault !== 'overloaded' && this.#tryAgain('connect', fault)) return;
    this.#fail(fault, detail);
  }

  // From the caller.

  bodyData(bytes: Buffer): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const { socket } = connection;
    let taken: boolean;
    if (this.#exchange.head.bodyLength === CHUNKED) {
      socket.cork();
      socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
      socket.write(bytes);
      taken = socket.write('\r\n', 'latin1');
      socket.uncork();
    } else taken = socket.write(bytes);
    connection.sent(false);
    if (!taken) this.#exchange.pauseBody();
  }

  holdsBytes(): boolean {
    return (this.#connection?.socket.writableLength ?? 0) > 0;
  }

  bodyEnd(): void {
    this.#uploading = false;
    const connection = this.#connection;
    if (connection === undefined) return;
    // Trailers of a request end here: nobody downstream expects an identity in them.
    if (this.#exchange.head.bodyLength === CHUNKED) connection.socket.write(LAST_CHUNK, 'latin1');
    connection.sent(true);
  }

  bodyFault(fault: BodyFault, detail: string): void {
    const code =
      fault === 'too_large' ? 'body_too_large' : fault === 'stalled' ? 'request_timeout' : 'malformed_request';
    this.#fail(code, detail);
  }

  callerGone(): void {
    if (this.#end()) this.#observer.abandoned();
  }

  timedOut(): void {
    const { socket } = this.#connection ?? {};
    // Who was waited for? Slow callers must not open a circuit for all the others.
    if (socket === undefined && this.#stopPause === undefined && this.#pool?.connected === true)
      this.#fail('overloaded', 'no connection came free in time');
    else if (socket !== undefined && (this.#blocked || (this.#uploading && socket.writableLength === 0)))
      this.#fail('request_timeout', 'its total time limit passed');
    else this.#fail('upstream_timeout', 'the total time limit passed');
  }

  writable(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#connection?.resume();
  }

  // From the upstream.

  upstreamWritable(): void {
    this.#connection?.sent(false);
    this.#exchange.resumeBody();
  }

  upstreamInterim(head: ReplyHead): void {
    // We answered an expectation ourselves; a second 100 would belong to no request.
    if (head.status === 100) return;
    this.#interimSent = true;
    this.#exchange.sendInterim(head.status, head.reason, keptFields(head.text, head.section, head.nominated, nothing));
  }

  upstreamSwitch(head: ReplyHead): string | undefined {
    const exchange = this.#exchange;
    const connection = this.#connection;
    const { upgrade } = this.#request;
    if (upgrade === undefined || exchange.switchProtocols === undefined || connection === undefined) {
      return 'it switched protocols unasked';
    }
    const fault = handshakeFault(upgrade.handshake, head);
    if (fault !== undefined) return fault;
    const fields = this.#replyFields(head);
    if (fields === undefined) return undefined;
    this.#over = true;
    this.#connection = undefined;
    exchange.switchProtocols(UPGRADE_LINES + fields);
    this.#observer.switched();
    const ended = (end: TunnelEnd): void => this.#observer.tunnelEnded(end);
    new Tunnel({ exchange, connection, ended }, upgrade.tunnel).start();
    return undefined;
  }

  upstreamHead(head: ReplyHead): void {
    if (head.status >= 500 || head.status === 401) {
      const asksToWait = head.section.names.includes('retry-after');
      if (this.#tryAgain({ status: head.status, asksToWait }, undefined)) return;
    }
    this.#status = head.status;
    // It may not know whether it has switched: nobody else's request goes there.
    if (this.#request.upgrade !== undefined) this.#connection?.spend();
    const { bodyLength, contentLength } = head;
    const bodyless = bodyLength === 0 && (this.method === 'HEAD' || head.status === 204 || head.status === 304);
    let length = bodyLength >= 0 ? bodyLength : undefined;
    if (bodyless) length = contentLength === undefined ? undefined : Number(contentLength);
    const fields = this.#replyFields(head);
    if (fields !== undefined) {
      this.#exchange.sendHead({ status: head.status, reason: head.reason, fields, length, bodyless });
    }
  }

  /** `undefined` when that broke. */
  #replyFields(head: ReplyHead): string | undefined {
    try {
      return this.#observer.replyFields(head);
    } catch (error) {
      // Not the upstream's fault and not the wire's: nobody else may feel it.
      if (this.#end()) this.#observer.broke(error);
      return undefined;
    }
  }

  upstreamBody(bytes: Buffer): void {
    if (this.#exchange.sendBody(bytes)) return;
    this.#blocked = true;
    this.#connection?.pause();
  }

  upstreamFlush(): boolean {
    return this.#exchange.flush();
  }

  upstreamEnd(trailerText: string, trailers: FieldSection | undefined): void {
    this.#connection = undefined;
    if (this.#over) return;
    this.#over = true;
    const kept = trailers !== undefined && this.#exchange.head.acceptsTrailers;
    this.#exchange.finish(kept ? keptTrailers(trailerText, trailers) : '');
    this.#observer.relayed(this.#status);
  }

  upstreamFault(fault: UpstreamFault, detail: string, answered: boolean): void {
    this.#connection = undefined;
    if (this.#over) return;
    // An idle connection that the upstream closed just as it was used again: nothing of the request was lost.
    if (this.#reused && !this.#replaced && !answered && fault === 'upstream_unreachable' && this.#isRepeatable()) {
      this.#replaced = true;
      return this.#pool?.acquire(this, true);
    }
    if (fault !== 'upstream_protocol') {
      if (this.#tryAgain(fault === 'upstream_timeout' ? 'timeout' : 'reset', fault)) return;
    }
    this.#fail(fault, detail);
  }

  /** Whether sending it twice does what sending it once does. */
  #isRepeatable(): boolean {
    return !this.#bodyStarted && IDEMPOTENT.has(this.method);
  }

  #tryAgain(after: Again, fault: RelayFault | undefined): boolean {
    const unsent = after === 'connect' && !this.#bodyStarted;
    const repeatable = unsent || (this.#isRepeatable() && this.#request.upgrade === undefined);
    if (!repeatable || this.#interimSent || this.#exchange.replyStarted) return false;
    const pause = this.#observer.pauseBeforeRetry(after, fault);
    if (pause === undefined) return false;
    this.#connection?.destroy();
    this.#connection = undefined;
    if (pause === 0) this.#sendAgain();
    else if (typeof pause === 'number')
      this.#stopPause = callAfter(this.#request.every, pause, () => this.#sendAgain());
    else this.#stopPause = pause(() => this.#sendAgain());
    return true;
  }

  #sendAgain(): void {
    this.#stopPause = undefined;
    this.#pool = this.#observer.retry();
    if (this.#pool === undefined) this.#over = true;
    else this.#pool.acquire(this, false);
  }

  #fail(fault: RelayFault, detail: string): void {
    if (!this.#end()) return;
    if (!this.#exchange.replyStarted) return this.#observer.failed(fault, detail);
    this.#exchange.abort();
    this.#observer.cutShort(this.#status, fault);
  }

  /** Lets go of the upstream. False when it was over before. */
  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#stopPause?.();
    this.#pool?.leave(this);
    this.#connection?.destroy();
    this.#connection = undefined;
    return true;
  }
}
