/**
 * One connection from a caller that speaks HTTP/2. Node's session reads the
 * frames; here each stream becomes an exchange, and the session is held to the
 * limits that nghttp2 leaves open: of time, and of what it may ask for free.
 *
 * No timer of its own: the listener's sweep calls `sweep` a few times a second.
 */
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Refusal } from '../refusal.ts';
import { Allowance } from './allowance.ts';
import type { WireCounters } from './counters.ts';
import { type DownstreamSettings, QUIET_MS, type Serve } from './serve.ts';
import { Http2Exchange, type Http2Shared } from './http2-exchange.ts';
import { readHttp2Head } from './http2-head.ts';
import { UNREADABLE } from './request-head.ts';

export interface Http2Settings {
  /** The most streams at once on one connection. */
  readonly streams: number;
}

/** Streams that end before their answer does, whoever resets them (CVE-2023-44487, CVE-2025-8671). */
const RESETS = { burst: 200, perSecond: 33 };
/** Bytes that are neither head nor body: PING, SETTINGS, PRIORITY, empty DATA and the like (CVE-2019-9511 to 9518). */
const OVERHEAD = { burst: 262_144, perSecond: 65_536 };
/** One byte for every so many of a body is not overhead: heads of DATA frames one way, WINDOW_UPDATE the other. */
const FRAMING_SHARE = 16;
/** What RFC 9113 §6.5.2 adds to each field of a list. */
const FIELD_OVERHEAD = 32;
/** So many fields more than are served can be read and answered; beyond them the stream is reset. */
const SPARE_FIELDS = 64;
const MAX_INVALID_FRAMES = 100;
/** Of a reply head: the longest that is taken from a service, and what the gateway adds to it. */
const REPLY_HEAD_BYTES = 131_072;
/** Of nghttp2: it had to queue too many answers to PING, SETTINGS and the like. */
const FLOODED = -904;
/** The highest stream there can be: a goodbye with it forbids none (RFC 9113 §6.8). */
const LAST_OF_ALL = 2 ** 31 - 1;
/** After the last word, how long the caller has to hang up. */
const LINGER_MS = 2_000;

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = constants;

export class Http2Connection<Peer> {
  readonly socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #serve: Serve<Peer>;
  readonly #settings: DownstreamSettings;
  readonly #counters: WireCounters;
  readonly #shared: Http2Shared<Peer>;
  readonly #exchanges = new Set<Http2Exchange<Peer>>();
  readonly #resets: Allowance;
  readonly #overhead: Allowance;
  /** Until then it must have shown that it speaks HTTP/2, or begun a stream, or hung up. */
  #deadlineAt: number;
  readonly #openedAt: number;
  #settled = false;
  #ending = false;
  #draining = false;
  /** When the caller was told to begin no more streams. */
  #goodbyeAt = Number.POSITIVE_INFINITY;
  /** Bytes that have come, as of the last sweep; and what of them, and of those sent, was of use to somebody. */
  #bytesRead = 0;
  #useful = 0;
  #usefulBefore = 0;
  /** The highest stream whose head is known to be over. */
  #headsRead = 0;
  /** A head that is not over, and since when. */
  #open: { readonly since: number } | undefined;

  constructor(
    socket: Socket,
    serve: Serve<Peer>,
    shared: { settings: DownstreamSettings; http2: Http2Settings; counters: WireCounters; now: () => number },
  ) {
    const { settings, http2, counters, now } = shared;
    this.socket = socket;
    this.#serve = serve;
    this.#settings = settings;
    this.#counters = counters;
    const secured = socket instanceof TLSSocket;
    const certificate = secured ? socket.getPeerX509Certificate() : undefined;
    const peer = serve.opened(socket.remoteAddress ?? '', secured ? 'https' : 'http', certificate);
    this.#shared = { peer, now, totalMs: settings.totalMs };
    const startedAt = now();
    this.#openedAt = startedAt;
    this.#resets = new Allowance(RESETS, startedAt);
    this.#overhead = new Allowance(OVERHEAD, startedAt);
    this.#deadlineAt = startedAt + settings.headMs;

    const session = performServerHandshake(socket, {
      maxHeaderListPairs: settings.headFields + SPARE_FIELDS,
      maxSessionInvalidFrames: MAX_INVALID_FRAMES,
      maxSendHeaderBlockLength: REPLY_HEAD_BYTES,
      // A service may send what it likes twice.
      strictSingleValueFields: false,
      settings: {
        enablePush: false,
        maxConcurrentStreams: http2.streams,
        maxHeaderListSize: settings.headBytes + FIELD_OVERHEAD * (settings.headFields + SPARE_FIELDS),
      },
    });
    this.#session = session;
    // They have been acknowledged: so its own have come, too.
    session.on('localSettings', () => {
      this.#settled = true;
      this.#deadlineAt = now() + settings.idleMs;
    });
    session.on('stream', (stream, _headers, _flags, fields) => this.#onStream(stream, fields));
    session.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    session.on('close', () => socket.destroy());
    // A caller who says no more is taken to have left, as over HTTP/1.1.
    socket.on('end', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    // Accepted without a byte being read.
    socket.read(0);
  }

  /** Streams are under way. */
  get busy(): boolean {
    return this.#exchanges.size > 0;
  }

  /** Who has been served is told at once, a new one with the first answer. */
  drain(): void {
    this.#draining = true;
    if (this.#headsRead > 0) this.#sayGoodbye();
  }

  /** In two steps (RFC 9113 §6.8): what the caller sent before it heard of it is still served. */
  #sayGoodbye(): void {
    if (this.#goodbyeAt !== Number.POSITIVE_INFINITY || this.#session.destroyed) return;
    this.#goodbyeAt = this.#shared.now();
    this.#session.goaway(NGHTTP2_NO_ERROR, LAST_OF_ALL);
  }

  /** No further stream after those under way. */
  #finish(): void {
    if (this.#ending || this.#session.destroyed) return;
    this.#session.close();
    if (this.#exchanges.size === 0) this.#end();
  }

  /** Ends it at once; of a stream under way no end was said, so nobody takes it for whole. */
  cut(): void {
    this.socket.destroy();
  }

  /** Closes what has waited too long, or asks for too much. `now` is monotonic. */
  sweep(now: number): void {
    if (this.socket.destroyed) return;
    if (this.#draining) {
      if (now - this.#goodbyeAt >= QUIET_MS) this.#finish();
      else if (now - this.#openedAt >= QUIET_MS) this.#sayGoodbye();
    }
    if (this.#ending || !this.#settled || this.#exchanges.size === 0) {
      if (now >= this.#deadlineAt) return this.#expire();
    }
    for (const exchange of this.#exchanges) {
      const fault = exchange.sweep(now, this.#settings.bodyMs);
      if (fault === 'slow_body') this.#counters.slowBodies++;
      else if (fault === 'slow_reader') this.#giveUp(exchange);
    }
    this.#watch(now);
  }

  #onStream(stream: ServerHttp2Stream, fields: readonly string[]): void {
    stream.on('error', () => {});
    this.#headsRead = stream.id!;
    for (const field of fields) this.#useful += field.length;
    // Reset in the breath that asked: nobody was served.
    if (stream.closed) return this.#countReset();
    const head = readHttp2Head(fields, stream.endAfterHeaders, this.#settings);
    const readable = !(head instanceof Refusal);
    const exchange = new Http2Exchange<Peer>(stream, readable ? head : UNREADABLE, this.#shared);
    this.#exchanges.add(exchange);
    stream.on('close', () => this.#onStreamClose(stream, exchange));
    if (readable) {
      this.#counters.requests++;
      this.#serve.serve(exchange);
    } else {
      this.#counters.malformed++;
      this.#serve.refuseHead(exchange, head);
    }
  }

  #onStreamClose(stream: ServerHttp2Stream, exchange: Http2Exchange<Peer>): void {
    this.#exchanges.delete(exchange);
    this.#useful += usefulOf(exchange);
    if (!exchange.aborted && (stream.rstCode !== NGHTTP2_NO_ERROR || !exchange.finished)) this.#countReset();
    // Once the last word is said, its own deadline stands.
    if (this.#draining) this.#sayGoodbye();
    if (this.#exchanges.size > 0 || this.#ending) return;
    if (this.#session.closed) this.#end();
    else this.#deadlineAt = this.#shared.now() + this.#settings.idleMs;
  }

  #onError(error: NodeJS.ErrnoException): void {
    // Anything else is the network's doing, or the caller saying goodbye in anger.
    if (error.errno === FLOODED) this.#counters.floods++;
    else if (error.code === 'ERR_HTTP2_ERROR' || error.code === 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES') {
      this.#counters.protocolErrors++;
    }
  }

  #giveUp(exchange: Http2Exchange<Peer>): void {
    if (exchange.aborted) return this.cut();
    this.#counters.slowReaders++;
    exchange.giveUp();
  }

  #countReset(): void {
    if (this.#session.destroyed || this.#resets.take(1, this.#shared.now())) return;
    this.#counters.resets++;
    this.#close(NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Counts what came for nothing, and looks for a head that does not end. */
  #watch(now: number): void {
    const read = this.socket.bytesRead;
    if (this.#session.destroyed || (read === this.#bytesRead && this.#open === undefined)) return;
    let useful = this.#useful;
    for (const exchange of this.#exchanges) useful += usefulOf(exchange);
    const forNothing = read - this.#bytesRead - (useful - this.#usefulBefore);
    this.#bytesRead = read;
    this.#usefulBefore = useful;
    if (!this.#overhead.take(forNothing, now)) {
      this.#counters.floods++;
      return this.#close(NGHTTP2_ENHANCE_YOUR_CALM);
    }
    this.#lookForOpenHead(now);
  }

  /**
   * A head that has begun and was not handed over was refused by nghttp2, or is
   * still coming, and then no other frame may come before its end: so the caller
   * is asked for one.
   */
  #lookForOpenHead(now: number): void {
    const begun = this.#session.state.lastProcStreamID ?? 0;
    if (begun <= this.#headsRead) this.#open = undefined;
    else if (this.#open === undefined) {
      this.#open = { since: now };
      this.#session.ping((error) => {
        if (error === null) this.#headsRead = Math.max(this.#headsRead, begun);
      });
    } else if (now - this.#open.since > this.#settings.headMs) {
      this.#counters.slowHeads++;
      this.#close(NGHTTP2_NO_ERROR);
    }
  }

  #expire(): void {
    if (this.#ending) return this.cut();
    if (this.#settled) return this.#finish();
    this.#counters.slowHeads++;
    this.cut();
  }

  #close(code: number): void {
    // Without an error, Node says that there was none.
    this.#session.destroy(new Error('over its limits'), code);
    this.#end();
  }

  /** The last word is said; who does not hang up then is cut off. */
  #end(): void {
    this.#ending = true;
    this.#deadlineAt = this.#shared.now() + LINGER_MS;
  }
}

/** Bytes, in either direction, that a caller had reason to send frames about. */
function usefulOf<Peer>({ bytesCome, bytesOut }: Http2Exchange<Peer>): number {
  return bytesCome + (bytesCome + bytesOut) / FRAMING_SHARE;
}
