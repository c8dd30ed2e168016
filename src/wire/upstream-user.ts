/**
 * What whoever uses a connection to a service hears of it: first as HTTP, and
 * after a 101 as bytes. A connection has one user at a time.
 */
import type { FieldSection } from './fields.ts';
import type { ReplyHead } from './reply-head.ts';

/** What went wrong on the upstream's side, in the words of the refusal table. */
export type UpstreamFault = 'upstream_unreachable' | 'upstream_protocol' | 'upstream_timeout';

export interface UpstreamUser {
  readonly method: string;
  upstreamInterim(head: ReplyHead): void;
  upstreamHead(head: ReplyHead): void;
  /** A 101 came. Hands the connection over to who reads on, or says what is wrong with it. */
  upstreamSwitch(head: ReplyHead): string | undefined;
  /** `bytes` may be overwritten once `upstreamFlush` has returned false. */
  upstreamBody(bytes: Buffer): void;
  /** Everything read so far was handed over. True while a write still refers to the bytes. */
  upstreamFlush(): boolean;
  upstreamEnd(trailerText: string, trailers: FieldSection | undefined): void;
  /** The connection is gone. `answered`: a byte of the reply had come. */
  upstreamFault(fault: UpstreamFault, detail: string, answered: boolean): void;
  upstreamWritable(): void;
}
