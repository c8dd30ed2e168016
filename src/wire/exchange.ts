/**
 * What the gateway sees of a request under way: the head, a body that can be
 * read, a reply that can be sent. Never a socket, so that another protocol can
 * stand behind the same face. After the caller has left, every call is a no-op.
 */
import type { RequestHead } from './request-head.ts';

/** Told of what happens to the exchange while somebody is busy with it. */
export interface ExchangeListener {
  /** The caller left, or its connection failed. Nothing more can be sent. */
  callerGone(): void;
  /** The exchange has used up its total time. */
  timedOut(): void;
  /** What was written has been taken; more may be sent. */
  writable(): void;
  /** The gateway stops and waits no longer. True: a goodbye was sent, and the end follows by itself or soon. Absent: it is cut. */
  leave?(): boolean;
}

export interface RequestBodySink {
  /** `bytes` may be overwritten once this returns, unless `holdsBytes` says that they are still needed. */
  bodyData(bytes: Buffer): void;
  /** Whether bytes handed over are still being written from where they were. */
  holdsBytes(): boolean;
  bodyEnd(): void;
  /** Broken framing, a stall or too many bytes: the body will never be whole. */
  bodyFault(fault: BodyFault, detail: string): void;
}

export type BodyFault = 'malformed' | 'too_large' | 'stalled';

export interface ReplyStart {
  readonly status: number;
  readonly reason: string;
  /** Field lines, each ended by CRLF, without framing and hop-by-hop fields. */
  readonly fields: string;
  /** Bytes that will follow; `undefined` when only their end will tell. */
  readonly length: number | undefined;
  /** No body whatever the length says: a reply to HEAD, 204, 304. */
  readonly bodyless: boolean;
}

export interface Exchange<Peer> {
  readonly head: RequestHead;
  readonly peer: Peer;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly gone: boolean;
  readonly replyStarted: boolean;
  /** Body bytes, without framing. */
  readonly bytesIn: number;
  readonly bytesOut: number;

  /** Sets what is told of this exchange from now on, and when its time is up (monotonic ms). */
  listen(listener: ExchangeListener, deadlineAt: number): void;

  /** The whole body if it is at hand already; it counts as read then. */
  takeWholeBody(maxBytes: number): Buffer | undefined;
  /** Starts handing the body to `sink`. Sends `100 Continue` where the caller waits for it. */
  readBody(sink: RequestBodySink, maxBytes: number): void;
  pauseBody(): void;
  resumeBody(): void;

  /** Sends a whole reply from here. */
  answer(status: number, reason: string, fields: string, body: string): void;
  sendInterim(status: number, reason: string, fields: string): void;
  sendHead(start: ReplyStart): void;
  /** False: wait for `writable` before sending more. */
  sendBody(bytes: Buffer): boolean;
  /** Writes what was held back to go out together. True while a write still refers to its bytes. */
  flush(): boolean;
  /** The reply is whole. `trailers`: field lines. */
  finish(trailers: string): void;
  /**
   * Sends 101 with `fields`; from here on `sendBody` and `readBody` are bytes
   * without framing or end, and only `listen` sets a time limit. Absent where the
   * protocol cannot switch.
   */
  switchProtocols?(fields: string): void;
  /** After this exchange nothing is read from its connection for so long. Absent where others are on it. */
  rest?(ms: number): void;
  /** The reply cannot be completed: the connection is closed so that nobody takes it for whole. */
  abort(): void;
}
