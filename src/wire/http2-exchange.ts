/**
 * An exchange over one stream of HTTP/2. Node's streams do the framing and the
 * flow control; what is seen to here is that no half of a message is ever taken
 * for a whole one, which they leave open in both directions.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { BodyFault, Exchange, ExchangeListener, ReplyStart, RequestBodySink } from './exchange.ts';
import { fieldMap } from './http2-fields.ts';
import { lasting } from './read-buffer.ts';
import type { RequestHead } from './request-head.ts';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

/** So much of a body may come before it is read (RFC 9113 §6.9.2). */
const WINDOW_BYTES = 65_535;

/** What a session keeps for all of its exchanges. */
export interface Http2Shared<Peer> {
  readonly peer: Peer;
  readonly now: () => number;
  readonly totalMs: number;
}

export class Http2Exchange<Peer> implements Exchange<Peer> {
  readonly head: RequestHead;
  readonly peer: Peer;
  readonly startedAt: number;
  gone = false;
  replyStarted = false;
  bytesIn = 0;
  bytesOut = 0;
  listener: ExchangeListener | undefined;
  deadlineAt: number;
  sink: RequestBodySink | undefined;
  /** The whole reply was handed over. */
  finished = false;
  /** It was us who ended the stream early. */
  aborted = false;
  readonly #stream: ServerHttp2Stream;
  readonly #now: () => number;
  #bodyDone: boolean;
  #unwanted = 0;
  #maxBody = Number.POSITIVE_INFINITY;
  /** The bytes that make up the announced length: kept until the stream says that there are no more. */
  #lastOfBody: Buffer | undefined;
  #readAt: number;
  #bodyless = false;
  #left: number | undefined;
  #trailers = '';
  /** How much of the reply the caller has taken, and when it last took some of what waited. */
  #taken = 0;
  #takenAt: number;

  constructor(stream: ServerHttp2Stream, head: RequestHead, { peer, now, totalMs }: Http2Shared<Peer>) {
    this.#stream = stream;
    this.#now = now;
    this.head = head;
    this.peer = peer;
    this.startedAt = this.#readAt = this.#takenAt = now();
    this.deadlineAt = this.startedAt + totalMs;
    this.#bodyDone = stream.endAfterHeaders;
    stream.on('drain', () => this.listener?.writable());
    stream.on('aborted', () => this.#callerLeft());
    stream.on('close', () => this.#callerLeft());
    stream.on('wantTrailers', () => stream.sendTrailers(fieldMap(this.#trailers)));
  }

  listen(listener: ExchangeListener, deadlineAt: number): void {
    this.listener = listener;
    this.deadlineAt = deadlineAt;
  }

  /** Never at hand: that it is whole is known when the stream ends, and not before. */
  takeWholeBody(): undefined {
    return undefined;
  }

  readBody(sink: RequestBodySink, maxBytes: number): void {
    const stream = this.#stream;
    if (this.#over) return;
    this.sink = sink;
    this.#maxBody = maxBytes;
    this.#readAt = this.#now();
    if (this.head.expectsContinue && stream.readableLength === 0) this.sendInterim(100, '', '');
    stream.on('data', (bytes: Buffer) => this.#bodyData(bytes));
    stream.on('end', () => this.#bodyEnd());
  }

  pauseBody(): void {
    if (!this.#over && !this.#bodyDone) this.#stream.pause();
  }

  resumeBody(): void {
    if (this.#over || !this.#stream.isPaused()) return;
    this.#readAt = this.#now();
    this.#stream.resume();
  }

  answer(status: number, reason: string, fields: string, body: string): void {
    if (this.#over || this.replyStarted) return;
    const bytes = Buffer.from(body, 'utf8');
    const bodyless = this.head.method === 'HEAD' || status === 204;
    this.sendHead({ status, reason, fields, length: bytes.length, bodyless });
    this.sendBody(bytes);
    this.finish('');
  }

  sendInterim(status: number, _reason: string, fields: string): void {
    if (this.#over || this.replyStarted) return;
    this.#stream.additionalHeaders({ ...fieldMap(fields), ':status': status });
  }

  sendHead({ status, fields, length, bodyless }: ReplyStart): void {
    if (this.#over || this.replyStarted) return;
    this.replyStarted = true;
    // Node lets no body follow a 205, and rightly so (RFC 9110 §15.3.6), whatever the service sent with it.
    this.#bodyless = bodyless || length === 0 || status === 205;
    this.#left = this.#bodyless ? 0 : length;
    const headers = fieldMap(fields);
    headers[':status'] = status;
    // A 204 has no length at all (RFC 9110 §8.6), a 205 none but 0; of a HEAD or 304 reply it is what GET would have had.
    if (length !== undefined && status !== 204 && status !== 205) headers['content-length'] = String(length);
    // Without `waitForTrailers` Node ends a stream that is given up as if all had been said.
    const endStream = this.#bodyless;
    this.#stream.respond(headers, { endStream, waitForTrailers: !endStream });
  }

  sendBody(bytes: Buffer): boolean {
    if (this.#over || !this.replyStarted || this.#bodyless || bytes.length === 0) return true;
    if (this.#left !== undefined) this.#left -= bytes.length;
    this.bytesOut += bytes.length;
    return this.#stream.write(lasting(bytes));
  }

  /** Nothing is held back: frames go out together at the end of a turn as it is. */
  flush(): boolean {
    return this.#stream.writableLength > 0;
  }

  finish(trailers: string): void {
    if (this.gone || !this.replyStarted) return;
    if (this.#left !== undefined && this.#left > 0) return this.abort();
    this.finished = true;
    this.#leave();
    this.#takenAt = this.#now();
    this.#trailers = trailers;
    this.#stream.resume();
    if (!this.#bodyless) this.#stream.end();
  }

  abort(): void {
    if (this.gone) return;
    this.#leave();
    this.#reset(NGHTTP2_INTERNAL_ERROR);
  }

  /** Looks at its time limits, and says which of them the caller has passed. `now` is monotonic. */
  sweep(now: number, bodyMs: number): 'slow_body' | 'slow_reader' | undefined {
    const stream = this.#stream;
    const taken = this.bytesOut - stream.writableLength;
    const waits = stream.writableLength > 0 || this.gone;
    if (taken !== this.#taken || !waits) this.#takenAt = now;
    this.#taken = taken;
    if (now - this.#takenAt > bodyMs) return 'slow_reader';
    if (this.gone) return this.#endUpload();
    if (this.sink !== undefined && !stream.isPaused() && now - this.#readAt > bodyMs) {
      this.#bodyFault('stalled', 'The request body did not arrive in time.');
      return 'slow_body';
    }
    if (now >= this.deadlineAt) this.listener?.timedOut();
    return undefined;
  }

  /** Gives up on a caller who takes nothing; who does not even take that is found by `sweep` again. */
  giveUp(): void {
    this.#takenAt = this.#now();
    this.#reset(NGHTTP2_CANCEL);
    this.#callerLeft();
  }

  /** Bytes of the body that came, read or not. Of one that nobody wants any more, the most that may come unasked. */
  get bytesCome(): number {
    return this.bytesIn + (this.gone ? this.#unwanted : this.#stream.readableLength);
  }

  /** Also before anybody was told: a stream that is closed takes nothing more. */
  get #over(): boolean {
    return this.gone || this.#stream.closed || this.#stream.destroyed;
  }

  #bodyData(bytes: Buffer): void {
    this.#readAt = this.#now();
    this.bytesIn += bytes.length;
    if (this.bytesIn > this.#maxBody) this.#bodyFault('too_large', 'The body is longer than this route takes.');
    // Were it handed on, the service would have a whole request whatever came next (RFC 9113 §8.1.1).
    else if (this.bytesIn === this.head.bodyLength) this.#lastOfBody = bytes;
    else this.sink?.bodyData(bytes);
  }

  #bodyEnd(): void {
    // Node says `end` of a stream that was reset, too.
    if (this.#stream.closed) return;
    this.#bodyDone = true;
    const { sink } = this;
    if (sink === undefined) return;
    if (this.#lastOfBody !== undefined) sink.bodyData(this.#lastOfBody);
    // That may have ended the exchange.
    if (this.sink !== sink) return;
    this.sink = undefined;
    sink.bodyEnd();
  }

  #bodyFault(fault: BodyFault, detail: string): void {
    const { sink } = this;
    this.sink = undefined;
    this.#stream.pause();
    sink?.bodyFault(fault, detail);
  }

  /** The reply is out to its end: what is still to come of the request is not wanted (RFC 9113 §8.1). */
  #endUpload(): undefined {
    const stream = this.#stream;
    if (!this.finished || stream.readableEnded || stream.closed) return;
    if (stream.state.localClose === 1) stream.close(NGHTTP2_NO_ERROR);
  }

  #reset(code: number): void {
    this.aborted = true;
    this.#stream.close(code);
  }

  #callerLeft(): void {
    if (this.gone) return;
    this.#leave();
    this.listener?.callerGone();
  }

  #leave(): void {
    this.gone = true;
    this.sink = undefined;
    if (!this.#bodyDone) this.#unwanted = WINDOW_BYTES;
  }
}
