/**
 * One connection from a caller. Reads heads one after another, hands each to
 * the gateway as an exchange, and starts the next only when the reply before it
 * is whole and its body is consumed: so answers stand in the order of requests
 * and no byte of one request can be taken for another.
 *
 * No timer of its own: the listener's sweep calls `sweep` a few times a second.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { refuse, Refusal } from '../refusal.ts';
import { adopt, type Reads } from './adopt.ts';
import type { WireCounters } from './counters.ts';
import { emptyLines, findHeadEnd } from './head-end.ts';
import { Http1Exchange } from './http1-exchange.ts';
import { lasting, nextBodyBuffer, SHARED_BUFFER } from './read-buffer.ts';
import { NO_BODY, RequestBody } from './request-body.ts';
import { readRequestHead, UNREADABLE } from './request-head.ts';
import type { RequestHead } from './request-head.ts';
import { reset } from './reset.ts';
import { type DownstreamSettings, QUIET_MS, type Serve } from './serve.ts';

const NOTHING = Buffer.alloc(0);
/** How much of a body nobody asked for yet may wait in memory. */
const HELD_BYTES = 65_536;
/** After a reply that ends the connection, how long and how much is still read so that the reply is not lost to a reset. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 1_048_576;

export class DownstreamConnection<Peer> implements Reads {
  readonly socket: Socket;
  readonly peer: Peer;
  readonly settings: DownstreamSettings;
  readonly counters: WireCounters;
  readonly #serve: Serve<Peer>;
  readonly #now: () => number;
  #current: Http1Exchange<Peer> | undefined;
  /** Bytes that came and are not consumed. */
  #held: Buffer = NOTHING;
  /** How many of them were already searched for the end of a head. */
  #searched = 0;
  #deadlineAt: number;
  #headBegun = false;
  #lingering = false;
  #lingered = 0;
  #advancing = false;
  #draining = false;
  /** Since when there is no request. */
  #idleSince: number;
  /** Nothing is read before; 0 where nothing is waited for. */
  #restsUntil = 0;
  #lastReadAt: number;
  #lastWriteAt: number;

  /** Of the current request. */
  #body: RequestBody = NO_BODY;
  #paused = false;
  /** Protocols were switched: bytes both ways, until one side ends. */
  #switched = false;
  /** While a body is read in pieces: its bytes may wait in the upstream's socket, so they need a buffer of their own. */
  #ownBuffer: Buffer | undefined;
  /** Whether reads land in buffers of ours at all. */
  readonly #adopted: boolean;

  constructor(
    accepted: Socket,
    serve: Serve<Peer>,
    shared: { settings: DownstreamSettings; counters: WireCounters; now: () => number },
  ) {
    this.#serve = serve;
    this.settings = shared.settings;
    this.counters = shared.counters;
    this.#now = shared.now;
    const secured = accepted instanceof TLSSocket;
    const certificate = secured ? accepted.getPeerX509Certificate() : undefined;
    this.peer = serve.opened(accepted.remoteAddress ?? '', secured ? 'https' : 'http', certificate);
    this.#lastReadAt = this.#lastWriteAt = this.#idleSince = shared.now();
    this.#deadlineAt = this.#lastReadAt + this.settings.idleMs;
    const socket = adopt(accepted, this);
    this.socket = socket;
    this.#adopted = socket !== accepted;
    socket.on('drain', () => {
      this.#lastWriteAt = this.#now();
      if (this.#current !== undefined) this.#current.listener?.writable();
      else if (!this.#lingering && this.#restsUntil === 0) this.#goOn();
    });
    // The reply is out: from here on the caller only has to hang up.
    socket.on('finish', () => (this.#deadlineAt = this.#now() + LINGER_MS));
    socket.on('end', () => this.#onEnd());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose());
  }

  /** Whether the request under way has all of its body in. */
  get bodyComplete(): boolean {
    return this.#body.isIn(this.#held.length);
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** A request is under way. */
  get busy(): boolean {
    return this.#current !== undefined;
  }

  /**
   * The next answer says that it is the last. Until then the caller may already
   * have sent a request: only one who has been silent for a while is closed.
   */
  drain(): void {
    this.#draining = true;
  }

  /**
   * Ends it at once. In the middle of a reply never cleanly: an HTTP/1.0 caller
   * would take that for the end of it. Elsewhere not by a reset, which Node
   * cannot do while a shutdown is under way, and then never tells of the close.
   */
  cut(): void {
    if (this.#current !== undefined || this.socket.writableLength > 0) reset(this.socket);
    else this.socket.destroy();
  }

  /** The time to end of itself is over. True: it has said goodbye, and a moment more would be well spent. */
  leave(): boolean {
    const listener = this.#current?.listener;
    if (listener?.leave !== undefined) return listener.leave();
    this.cut();
    return false;
  }

  /** No more HTTP: what comes from now on is a body without end. */
  switched(): void {
    this.#switched = true;
    this.counters.tunnelsOpen++;
    this.#body = new RequestBody(Number.POSITIVE_INFINITY);
  }

  /** Closes what has waited too long. `now` is monotonic. */
  sweep(now: number): void {
    const { socket } = this;
    const current = this.#current;
    if (this.#switched && current !== undefined) {
      if (now >= current.deadlineAt) current.listener?.timedOut();
      return;
    }
    if (socket.writableLength > 0 && now - this.#lastWriteAt > this.settings.bodyMs) {
      this.counters.slowReaders++;
      this.cut();
      return;
    }
    if (current === undefined) {
      if (this.#restsUntil > 0 && now >= this.#restsUntil) {
        this.#restsUntil = 0;
        if (!this.#lingering && !socket.writableNeedDrain) this.#goOn();
      }
      const quiet = !this.#headBegun && !this.#lingering && now - this.#idleSince >= QUIET_MS;
      if (this.#draining && quiet && socket.writableLength === 0) return this.#linger();
      if (now < this.#deadlineAt || socket.writableLength > 0) return;
      if (!this.#headBegun || this.#lingering) socket.destroy();
      else {
        this.counters.slowHeads++;
        this.#refuse(refuse('request_timeout', { detail: 'The request head did not arrive in time.' }));
      }
      return;
    }
    if (current.sink !== undefined && !this.#paused && now - this.#lastReadAt > this.settings.bodyMs) {
      this.counters.slowBodies++;
      current.bodyFault('stalled', 'The request body did not arrive in time.');
    } else if (now >= current.deadlineAt) current.listener?.timedOut();
  }

  wrote(now = this.#now()): void {
    this.#lastWriteAt = now;
  }

  /** The exchange is over. Goes on with the next request, or closes. */
  exchangeEnded(keepAlive: boolean): void {
    const complete = this.bodyComplete;
    if (complete) this.#consume(this.#body.left);
    this.#current = undefined;
    this.#body = NO_BODY;
    if (!keepAlive || !complete) return this.#linger();
    this.#idleSince = this.#now();
    this.#deadlineAt = this.#idleSince + this.settings.idleMs;
    this.#headBegun = false;
    // Replies nobody reads must not pile up: the next request waits until the last reply is on its way.
    if (this.#restsUntil > 0) {
      this.#idleSince = this.#restsUntil;
      this.#deadlineAt = this.#restsUntil + this.settings.idleMs;
      this.pause();
    } else if (this.socket.writableNeedDrain) this.pause();
    else this.#goOn();
  }

  /** From the end of the exchange under way. */
  rest(ms: number): void {
    this.#restsUntil = this.#now() + ms;
  }

  #goOn(): void {
    this.resume();
    if (this.#held.length > 0 && !this.#advancing) this.#advance();
  }

  takeWholeBody(): Buffer | undefined {
    const body = this.#body.takeWhole(this.#held);
    if (body !== undefined) this.#consume(body.length);
    return body;
  }

  /** Hands over what is held of the body. */
  feedBody(): void {
    this.#lastReadAt = this.#now();
    this.resume();
    // What came with the head stands where every connection reads next.
    this.#held = lasting(this.#held);
    if (this.#current?.sink !== undefined) this.#readBody(this.#current);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#lastReadAt = this.#now();
    this.socket.resume();
  }

  nextBuffer(): Buffer {
    return this.#ownBuffer ?? SHARED_BUFFER;
  }

  onRead(bytes: Buffer): void {
    if (this.#lingering) {
      this.#lingered += bytes.length;
      if (this.#lingered > LINGER_BYTES) this.socket.destroy();
      return;
    }
    this.#lastReadAt = this.#now();
    const current = this.#current;
    const streams = current?.sink !== undefined && !current.bodyDone;
    // The first piece of a body may still land in the buffer of all.
    const mine = streams ? lasting(bytes) : bytes;
    this.#held = this.#held.length === 0 ? mine : Buffer.concat([this.#held, mine]);
    if (current === undefined) this.#advance();
    else if (streams) this.#readBody(current);
    else if (this.#held.length > HELD_BYTES) this.pause();
    if (this.#held.length > 0 && this.#held.buffer === bytes.buffer) this.#held = Buffer.from(this.#held);
    this.#ownBuffer = this.#bufferForBody(bytes.length);
  }

  /** What is read of a body next lands in a buffer that nobody still writes from. */
  #bufferForBody(count: number): Buffer | undefined {
    const current = this.#current;
    if (!this.#adopted || current?.sink === undefined || current.bodyDone) return undefined;
    return nextBodyBuffer(this.nextBuffer(), count, current.sink.holdsBytes());
  }

  /** Reads heads and serves them, as long as each is over before the next. */
  #advance(): void {
    this.#advancing = true;
    while (this.#current === undefined && !this.#lingering && this.#held.length > 0 && this.#mayRead()) {
      if (!this.#readHead()) break;
    }
    this.#advancing = false;
  }

  #mayRead(): boolean {
    return this.#restsUntil === 0 && !this.socket.writableNeedDrain;
  }

  /** True when a request was read. */
  #readHead(): boolean {
    this.#skipEmptyLines();
    const held = this.#held;
    if (held.length === 0) return false;
    const end = findHeadEnd(held, this.#searched, this.settings);
    if (end === undefined) {
      this.#searched = held.length;
      if (this.#headBegun) return false;
      this.#headBegun = true;
      this.#deadlineAt = this.#now() + this.settings.headMs;
      return false;
    }
    const head = typeof end === 'number' ? readRequestHead(held, end, this.settings) : end;
    if (head instanceof Refusal) {
      this.#refuse(head);
      return false;
    }
    this.#consume(head.text.length + 2);
    this.#searched = 0;
    this.#start(head);
    return true;
  }

  #skipEmptyLines(): void {
    // One byte may be the first half of such a line.
    if (this.#searched > 1) return;
    const skipped = emptyLines(this.#held);
    if (skipped === 0) return;
    this.#consume(skipped);
    this.#searched = 0;
  }

  #start(head: RequestHead): void {
    const now = this.#now();
    this.counters.requests++;
    this.#body = head.bodyLength === 0 ? NO_BODY : new RequestBody(head.bodyLength);
    const exchange = new Http1Exchange<Peer>(this, head, now);
    this.#current = exchange;
    this.#serve.serve(exchange);
  }

  /** Something that cannot be read is answered once, and nothing behind it is looked at. */
  #refuse(refusal: Refusal): void {
    this.counters.malformed++;
    this.#held = NOTHING;
    this.#body = NO_BODY;
    const exchange = new Http1Exchange<Peer>(this, UNREADABLE, this.#now());
    this.#current = exchange;
    this.#serve.refuseHead(exchange, refusal);
  }

  #readBody(exchange: Http1Exchange<Peer>): void {
    const body = this.#body;
    // Consumed before it is handed over: that may end the exchange and begin the next.
    this.#consume(body.read(this.#held));
    if (body.data.length > 0) exchange.bodyData(body.data);
    if (this.#current !== exchange) return;
    if (body.fault !== undefined) exchange.bodyFault('malformed', body.fault);
    else if (body.done) exchange.bodyEnd();
  }

  #consume(count: number): void {
    this.#held = count >= this.#held.length ? NOTHING : this.#held.subarray(count);
  }

  #linger(): void {
    this.#lingering = true;
    this.#lingered = 0;
    this.#held = NOTHING;
    this.#deadlineAt = this.#now() + LINGER_MS;
    this.resume();
    this.socket.end();
  }

  #onEnd(): void {
    if (this.#current === undefined) this.socket.end();
    else if (this.#switched) this.#current.bodyEnd();
    // A caller who says no more is taken to have left: otherwise nobody would notice those who really did.
    else this.socket.destroy();
  }

  #onClose(): void {
    const current = this.#current;
    this.#current = undefined;
    this.#held = NOTHING;
    if (this.#switched) this.counters.tunnelsOpen--;
    if (current !== undefined) current.connectionClosed();
  }
}
