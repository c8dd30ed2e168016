/**
 * Tells HTTP/2 with prior knowledge from HTTP/1.1 on one port without TLS, by
 * the bytes that HTTP/2 begins with and HTTP/1.1 cannot (RFC 9113 §3.4). As soon
 * as one byte differs it is HTTP/1.1: for most callers the first, and no byte
 * waits for another.
 */
import type { Socket } from 'node:net';
import type { WireCounters } from './counters.ts';
import { type DownstreamSettings, QUIET_MS } from './serve.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Whether `bytes` begin a connection of HTTP/2; `undefined`: not to be told yet. */
export function isHttp2(bytes: Buffer): boolean | undefined {
  const length = Math.min(bytes.length, PREFACE.length);
  if (bytes.compare(PREFACE, 0, length, 0, length) !== 0) return false;
  return length === PREFACE.length ? true : undefined;
}

export class UndecidedConnection {
  readonly socket: Socket;
  readonly #counters: WireCounters;
  readonly #settings: DownstreamSettings;
  readonly #now: () => number;
  readonly #decided: (http2: boolean) => void;
  #held: Buffer = Buffer.alloc(0);
  #deadlineAt: number;
  readonly #openedAt: number;
  #draining = false;
  readonly busy = false;

  /** `decided` gets the socket as if not a byte had been read. */
  constructor(
    accepted: Socket,
    shared: { settings: DownstreamSettings; counters: WireCounters; now: () => number },
    decided: (http2: boolean) => void,
  ) {
    this.socket = accepted;
    this.#settings = shared.settings;
    this.#counters = shared.counters;
    this.#now = shared.now;
    this.#decided = decided;
    this.#openedAt = shared.now();
    this.#deadlineAt = this.#openedAt + this.#settings.idleMs;
    accepted.on('readable', this.#read);
    accepted.on('end', this.#leave);
    accepted.on('error', this.#leave);
  }

  /** Its first request may be on its way. */
  drain(): void {
    this.#draining = true;
  }

  cut(): void {
    this.socket.destroy();
  }

  sweep(now: number): void {
    if (this.socket.destroyed) return;
    if (this.#draining && this.#held.length === 0 && now - this.#openedAt >= QUIET_MS) return this.cut();
    if (now < this.#deadlineAt) return;
    if (this.#held.length > 0) this.#counters.slowHeads++;
    this.cut();
  }

  readonly #leave = (): void => this.cut();

  readonly #read = (): void => {
    const bytes = this.socket.read() as Buffer | null;
    if (bytes === null) return;
    if (this.#held.length === 0) this.#deadlineAt = this.#now() + this.#settings.headMs;
    this.#held = Buffer.concat([this.#held, bytes]);
    const http2 = isHttp2(this.#held);
    if (http2 === undefined) return;
    for (const [event, listener] of [
      ['readable', this.#read],
      ['end', this.#leave],
      ['error', this.#leave],
    ] as const) {
      this.socket.off(event, listener);
    }
    this.socket.unshift(this.#held);
    this.#decided(http2);
  };
}
