/**
 * One connection to an upstream target. Carries one exchange at a time and reads
 * its reply strictly; anything said out of turn, or in another grammar, ends the
 * connection, so that its next user can never get somebody else's answer.
 *
 * Reads land where all connections read, but for those in the middle of a body.
 */
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { ChunkedReader } from './chunked.ts';
import { nextBodyBuffer, SHARED_BUFFER } from './read-buffer.ts';
import { readReplyHead, UNTIL_CLOSE } from './reply-head.ts';
import type { ReplyHead } from './reply-head.ts';
import { CHUNKED } from './request-head.ts';
import type { UpstreamFault, UpstreamUser } from './upstream-user.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
  /** How its name is looked up, where that is not left to the system. */
  readonly lookup?: LookupFunction;
}

/** Told when a connection can be used, for the first time or again, and when it never can be any more. */
export interface ConnectionOwner {
  connected(connection: UpstreamConnection): void;
  idle(connection: UpstreamConnection): void;
  closed(connection: UpstreamConnection): void;
  /** In place of the others: it never came to be. */
  unconnected(connection: UpstreamConnection, fault: UpstreamFault, detail: string): void;
}

const HEAD_BYTES = 65_536;
const HEAD_FIELDS = 256;
const MAX_INTERIM = 20;
const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);
const FAILED = -1;

export interface UpstreamSettings {
  readonly connectMs: number;
  /** From the request's last byte to the first of the reply. */
  readonly responseMs: number;
  /** Between two reads of a reply. */
  readonly idleMs: number;
  readonly now: () => number;
  /** Present for a target with TLS: what a connection that begins now is made with. */
  readonly tls: (() => ConnectionOptions) | undefined;
}

export class UpstreamConnection {
  readonly socket: Socket;
  /** Monotonic; set by the pool when the connection goes idle. */
  idleSince = 0;
  /** Monotonic ms. */
  readonly openedAt: number;
  #connected = false;
  #user: UpstreamUser | undefined;
  #buffer: Buffer = SHARED_BUFFER;
  readonly #owner: ConnectionOwner;
  readonly #settings: UpstreamSettings;
  /** When it was opened, last read from or last written to. */
  #lastMoveAt: number;
  #paused = false;
  /** The beginning of a head that has not come whole. */
  #partial: Buffer = NOTHING;
  #inBody = false;
  #bodyLeft = 0;
  #chunked: ChunkedReader | undefined;
  #answered = false;
  #interims = 0;
  #requestSent = false;
  #reusable = true;
  /** Another protocol is spoken: the time limits are those of its user. */
  #switched = false;
  #closed = false;
  #error = '';

  constructor(target: Target, owner: ConnectionOwner, settings: UpstreamSettings) {
    this.#owner = owner;
    this.#settings = settings;
    this.openedAt = settings.now();
    this.#lastMoveAt = this.openedAt;
    const onread = {
      buffer: () => this.#buffer,
      callback: (count: number, buffer: Uint8Array) => this.#onRead(count, buffer as Buffer),
    };
    const { host, port, lookup } = target;
    const common = { host, port, noDelay: true, onread, ...(lookup && { lookup }) };
    this.socket = settings.tls === undefined ? connectTcp(common) : connectTls({ ...settings.tls(), ...common });
    this.socket.on(settings.tls !== undefined ? 'secureConnect' : 'connect', () => {
      this.#connected = true;
      owner.connected(this);
    });
    this.socket.on('drain', () => this.#user?.upstreamWritable());
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('error', (error: NodeJS.ErrnoException) => (this.#error = error.code ?? error.message));
    this.socket.on('close', () => this.#onClose());
  }

  /** Takes the connection for one exchange. */
  use(user: UpstreamUser): void {
    this.#user = user;
    this.#answered = false;
    this.#interims = 0;
    this.#requestSent = false;
    this.#lastMoveAt = this.#settings.now();
  }

  /** Its user steps aside for `next`, in the middle of a reply. */
  handOver(next: UpstreamUser): void {
    this.#user = next;
  }

  /** No one is to use it after its user. */
  spend(): void {
    this.#reusable = false;
  }

  /** Part of the request went out. `last`: all of it has; before that the connection cannot be used again. */
  sent(last: boolean): void {
    this.#requestSent ||= last;
    this.#lastMoveAt = this.#settings.now();
  }

  /** A slow caller holds the reply up: the upstream is not to blame meanwhile. */
  pause(): void {
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#lastMoveAt = this.#settings.now();
    this.socket.resume();
  }

  /** Gives up on an upstream that has kept its user, or whoever waits for a connection, waiting too long. */
  sweep(now: number): void {
    const waited = now - this.#lastMoveAt;
    const { connectMs, responseMs, idleMs } = this.#settings;
    if (!this.#connected) {
      if (waited >= connectMs) this.#giveUp();
      return;
    }
    const user = this.#user;
    if (user === undefined || this.#paused || this.#switched) return;
    const answered = this.#answered;
    // While the caller's body is awaited, the wait is not the upstream's.
    if (!answered && !this.#requestSent && this.socket.writableLength === 0) return;
    if (waited < (answered ? idleMs : responseMs)) return;
    this.destroy();
    user.upstreamFault('upstream_timeout', `the ${answered ? 'idle' : 'response'} time limit passed`, answered);
  }

  #giveUp(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.socket.destroy();
    this.#owner.unconnected(this, 'upstream_timeout', 'the connect time limit passed');
  }

  /** Its user is done with it before the reply was whole: nobody can use it any more. */
  destroy(): void {
    this.#user = undefined;
    this.socket.destroy();
  }

  #onRead(count: number, buffer: Buffer): boolean {
    const user = this.#user;
    // An answer nobody asked for.
    if (user === undefined) {
      this.socket.destroy();
      return true;
    }
    this.#answered = true;
    this.#lastMoveAt = this.#settings.now();
    const bytes = buffer.subarray(0, count);
    this.#read(this.#partial.length === 0 ? bytes : Buffer.concat([this.#partial, bytes]));
    // The bytes may still wait in a slow caller's socket: then they keep their buffer.
    const isHeld = user.upstreamFlush();
    this.#buffer = this.#inBody ? nextBodyBuffer(buffer, count, isHeld) : SHARED_BUFFER;
    return true;
  }

  #read(bytes: Buffer): void {
    let at = 0;
    if (!this.#inBody) at = this.#readHeads(bytes);
    if (at !== FAILED && this.#inBody) at = this.#readBody(bytes, at);
    if (at === FAILED || this.#inBody) return;
    // Whatever stands behind the reply was not asked for.
    if (at < bytes.length) this.#reusable = false;
    this.#finish();
  }

  /** Reads interim heads and the final one; returns where the body begins. `FAILED`: no body to read, now or ever. */
  #readHeads(bytes: Buffer): number {
    this.#partial = NOTHING;
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(HEAD_END, at);
      if (end === -1 || end - at > HEAD_BYTES) {
        if (bytes.length - at > HEAD_BYTES) return this.#protocolFault('its head is too large');
        if (!couldBeStatusLine(bytes, at)) return this.#protocolFault('it does not speak HTTP/1.1');
        this.#partial = Buffer.from(bytes.subarray(at));
        return FAILED;
      }
      const user = this.#user!;
      const head = readReplyHead(bytes.subarray(at, end + 2), user.method, HEAD_FIELDS);
      if (typeof head === 'string') return this.#protocolFault(head);
      at = end + 4;
      if (head.status >= 200) {
        this.#startBody(head);
        user.upstreamHead(head);
        return this.#user === undefined ? FAILED : at;
      }
      if (head.status === 101) return this.#switch(head, at);
      if (++this.#interims > MAX_INTERIM) return this.#protocolFault('too many interim replies');
      user.upstreamInterim(head);
    }
  }

  #switch(head: ReplyHead, at: number): number {
    const fault = this.#user!.upstreamSwitch(head);
    if (fault !== undefined) return this.#protocolFault(fault);
    this.#switched = true;
    this.#inBody = true;
    this.#bodyLeft = UNTIL_CLOSE;
    return this.#user === undefined ? FAILED : at;
  }

  #startBody(head: ReplyHead): void {
    this.#reusable = head.keepAlive;
    this.#bodyLeft = head.bodyLength;
    this.#inBody = head.bodyLength !== 0;
    this.#chunked = head.bodyLength === CHUNKED ? new ChunkedReader() : undefined;
  }

  /** Returns where it stopped; `#inBody` is false once the body is whole. `FAILED` when it broke. */
  #readBody(bytes: Buffer, from: number): number {
    const user = this.#user!;
    if (from === bytes.length) return from;
    const chunked = this.#chunked;
    if (chunked !== undefined) {
      const at = chunked.read(bytes, from);
      if (chunked.data.length > 0) user.upstreamBody(chunked.data);
      if (this.#user === undefined) return FAILED;
      if (chunked.fault !== undefined) return this.#protocolFault(chunked.fault);
      this.#inBody = !chunked.done;
      return at;
    }
    if (this.#bodyLeft === UNTIL_CLOSE) {
      user.upstreamBody(bytes.subarray(from));
      return bytes.length;
    }
    const take = Math.min(this.#bodyLeft, bytes.length - from);
    this.#bodyLeft -= take;
    this.#inBody = this.#bodyLeft > 0;
    user.upstreamBody(bytes.subarray(from, from + take));
    return this.#user === undefined ? FAILED : from + take;
  }

  /** The reply is whole. */
  #finish(): void {
    const user = this.#user!;
    const { trailerText, trailers } = this.#chunked ?? { trailerText: '', trailers: undefined };
    this.#user = undefined;
    this.#inBody = false;
    this.#chunked = undefined;
    const reusable = this.#reusable && this.#requestSent && !this.#closed;
    user.upstreamEnd(trailerText, trailers);
    // A slow caller's pause is not for the next user.
    this.resume();
    if (reusable) this.#owner.idle(this);
    else this.socket.destroy();
  }

  #protocolFault(detail: string): typeof FAILED {
    const user = this.#user;
    this.#user = undefined;
    this.socket.destroy();
    user?.upstreamFault('upstream_protocol', detail, true);
    return FAILED;
  }

  #onEnd(): void {
    if (this.#user !== undefined && this.#inBody && this.#bodyLeft === UNTIL_CLOSE) {
      this.#reusable = false;
      this.#finish();
    } else this.socket.destroy();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#connected)
      return this.#owner.unconnected(this, 'upstream_unreachable', this.#error || 'connection refused');
    this.#owner.closed(this);
    const user = this.#user;
    this.#user = undefined;
    user?.upstreamFault('upstream_unreachable', this.#error || 'connection closed', this.#answered);
  }
}

/** Whether what has come so far can still become a status line: a peer that speaks something else is not waited for. */
function couldBeStatusLine(bytes: Buffer, at: number): boolean {
  const sample = bytes.toString('latin1', at, Math.min(bytes.length, at + 7));
  return 'HTTP/1.'.startsWith(sample);
}
