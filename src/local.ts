/**
 * What the gateway answers itself instead of asking a service: the endpoints of
 * the authorization server, whose requests have passed every stage and have
 * their whole body, and plugins that give an answer. The reply is text.
 */
import type { Request } from './request.ts';

export interface LocalRequest {
  readonly request: Request;
  readonly body: Buffer;
  /** The caller's, after trusted proxies. */
  readonly address: string;
  readonly addressKey: string;
  readonly requestId: string;
  /** SHA-256 of the client certificate shown in the handshake, in hexadecimal. */
  readonly certificateSha256: string | undefined;
}

export interface LocalReply {
  readonly status: number;
  readonly reason: string;
  /** Field lines, each ended by CRLF, without framing, `Date` and `X-Request-ID`. */
  readonly fields: string;
  readonly body: string;
}

/** One endpoint: where it is, how it may be called and what it answers. A rejection is a bug and becomes one 500. */
export interface LocalRoute {
  /** What the access log and the metrics call it. */
  readonly name: string;
  readonly path: string;
  readonly methods: readonly string[];
  readonly maxBodyBytes: number;
  readonly answer: (request: LocalRequest) => LocalReply | Promise<LocalReply>;
}
