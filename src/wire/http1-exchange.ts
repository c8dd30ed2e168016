/**
 * An exchange over HTTP/1.1. Each request has its own, so that an answer that
 * comes late finds its own caller gone instead of the next one's connection.
 *
 * A head waits for the first bytes of its body: for most replies both go out in
 * one write.
 */
import type { DownstreamConnection } from './downstream.ts';
import type { BodyFault, Exchange, ExchangeListener, ReplyStart, RequestBodySink } from './exchange.ts';
import { lasting } from './read-buffer.ts';
import { CHUNKED } from './request-head.ts';
import type { RequestHead } from './request-head.ts';
import { LAST_CHUNK } from './chunked.ts';

/** Up to here a body is copied behind its head to make one write; above, two writes cost less. */
const JOIN_BYTES = 16_384;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

const STATUS_LINES = new Map<string, string>();

export class Http1Exchange<Peer> implements Exchange<Peer> {
  readonly head: RequestHead;
  readonly startedAt: number;
  gone = false;
  replyStarted = false;
  bytesIn = 0;
  bytesOut = 0;
  listener: ExchangeListener | undefined;
  deadlineAt: number;
  sink: RequestBodySink | undefined;
  bodyDone = false;
  readonly #connection: DownstreamConnection<Peer>;
  #maxBody = Number.POSITIVE_INFINITY;
  #held = '';
  #chunkedReply = false;
  #keepAlive = false;
  #bodyless = false;
  #left: number | undefined;

  constructor(connection: DownstreamConnection<Peer>, head: RequestHead, now: number) {
    this.#connection = connection;
    this.head = head;
    this.startedAt = now;
    this.deadlineAt = now + connection.settings.totalMs;
  }

  get peer(): Peer {
    return this.#connection.peer;
  }

  listen(listener: ExchangeListener, deadlineAt: number): void {
    this.listener = listener;
    this.deadlineAt = deadlineAt;
  }

  takeWholeBody(maxBytes: number): Buffer | undefined {
    const { bodyLength } = this.head;
    if (bodyLength === CHUNKED || bodyLength > maxBytes || this.gone) return undefined;
    const body = this.#connection.takeWholeBody();
    if (body !== undefined) {
      this.bytesIn = body.length;
      this.bodyDone = true;
    }
    return body;
  }

  readBody(sink: RequestBodySink, maxBytes: number): void {
    if (this.gone) return;
    this.sink = sink;
    this.#maxBody = maxBytes;
    if (this.head.expectsContinue && !this.#connection.bodyComplete) this.#connection.socket.write(CONTINUE, 'latin1');
    this.#connection.feedBody();
  }

  pauseBody(): void {
    if (!this.gone && !this.bodyDone) this.#connection.pause();
  }

  resumeBody(): void {
    if (!this.gone) this.#connection.resume();
  }

  bodyData(bytes: Buffer): void {
    this.bytesIn += bytes.length;
    if (this.bytesIn > this.#maxBody) this.bodyFault('too_large', 'The body is longer than this route takes.');
    else this.sink?.bodyData(bytes);
  }

  bodyEnd(): void {
    // Too large at the very end: the fault was told, and the sink is gone.
    this.bodyDone = true;
    const { sink } = this;
    this.sink = undefined;
    sink?.bodyEnd();
  }

  bodyFault(fault: BodyFault, detail: string): void {
    const { sink } = this;
    this.sink = undefined;
    sink?.bodyFault(fault, detail);
  }

  answer(status: number, reason: string, fields: string, body: string): void {
    if (this.gone || this.replyStarted) return;
    const bytes = Buffer.from(body, 'utf8');
    this.sendHead({
      status,
      reason,
      fields,
      length: bytes.length,
      bodyless: this.head.method === 'HEAD' || status === 204,
    });
    if (bytes.length > 0) this.sendBody(bytes);
    this.finish('');
  }

  sendInterim(status: number, reason: string, fields: string): void {
    if (this.gone || this.replyStarted || this.head.http10) return;
    this.#connection.socket.write(`HTTP/1.1 ${status} ${reason}\r\n${fields}\r\n`, 'latin1');
  }

  sendHead({ status, reason, fields, length, bodyless }: ReplyStart): void {
    if (this.gone || this.replyStarted) return;
    const { head } = this;
    this.replyStarted = true;
    this.#bodyless = bodyless;
    this.#left = bodyless ? 0 : length;
    let framing = '';
    // A 204 has no length at all (RFC 9110 §8.6); of a HEAD or 304 reply the length is what GET would have had.
    if (length !== undefined && status !== 204) framing = `Content-Length: ${length}\r\n`;
    else if (length === undefined && !bodyless && !head.http10) {
      framing = 'Transfer-Encoding: chunked\r\n';
      this.#chunkedReply = true;
    }
    const endsByClose = length === undefined && !bodyless && head.http10;
    // What is still to come of the body stands between this reply and the next request.
    this.#keepAlive = head.keepAlive && !endsByClose && !this.#connection.draining && this.#connection.bodyComplete;
    if (!this.#keepAlive) framing += 'Connection: close\r\n';
    else if (head.http10) framing += 'Connection: keep-alive\r\n';
    this.#held = `${statusLine(status, reason)}${fields}${framing}\r\n`;
  }

  switchProtocols(fields: string): void {
    if (this.gone || this.replyStarted) return;
    this.replyStarted = true;
    this.#held = `HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`;
    this.#connection.switched();
  }

  sendBody(bytes: Buffer): boolean {
    if (this.gone || !this.replyStarted || this.#bodyless || bytes.length === 0) return true;
    if (this.#left !== undefined) this.#left -= bytes.length;
    this.bytesOut += bytes.length;
    const { socket } = this.#connection;
    this.#connection.wrote();
    const front = this.#chunkedReply ? `${this.#held}${bytes.length.toString(16)}\r\n` : this.#held;
    this.#held = '';
    if (front === '') return socket.write(lasting(bytes));
    const back = this.#chunkedReply ? 2 : 0;
    if (bytes.length <= JOIN_BYTES) {
      const joined = Buffer.allocUnsafe(front.length + bytes.length + back);
      joined.write(front, 0, 'latin1');
      bytes.copy(joined, front.length);
      if (back > 0) joined.write('\r\n', front.length + bytes.length, 'latin1');
      return socket.write(joined);
    }
    socket.cork();
    socket.write(front, 'latin1');
    let taken = socket.write(lasting(bytes));
    if (back > 0) taken = socket.write('\r\n', 'latin1');
    socket.uncork();
    return taken;
  }

  flush(): boolean {
    const { socket } = this.#connection;
    if (this.#held !== '' && !this.gone) {
      socket.write(this.#held, 'latin1');
      this.#connection.wrote();
      this.#held = '';
    }
    // Also when the exchange is over: its last bytes may still be on their way.
    return socket.writableLength > 0;
  }

  finish(trailers: string): void {
    if (this.gone || !this.replyStarted) return;
    // Fewer bytes than were announced: only a closed connection says so.
    if (this.#left !== undefined && this.#left > 0) return this.abort();
    if (this.#chunkedReply) this.#held += trailers === '' ? LAST_CHUNK : `0\r\n${trailers}\r\n`;
    this.flush();
    this.gone = true;
    this.#connection.exchangeEnded(this.#keepAlive);
  }

  rest(ms: number): void {
    this.#connection.rest(ms);
  }

  abort(): void {
    if (this.gone) return;
    this.#connection.cut();
  }

  /** The connection is closed under the exchange. */
  connectionClosed(): void {
    if (this.gone) return;
    this.gone = true;
    this.listener?.callerGone();
  }
}

/** Status lines are few: each is put together once. */
function statusLine(status: number, reason: string): string {
  const key = `${status} ${reason}`;
  let line = STATUS_LINES.get(key);
  if (line === undefined) {
    line = `HTTP/1.1 ${key}\r\n`;
    if (STATUS_LINES.size < 256) STATUS_LINES.set(key, line);
  }
  return line;
}
