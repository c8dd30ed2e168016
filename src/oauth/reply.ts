/**
 * What the endpoints say: JSON, never kept by a cache, and errors as RFC 6749
 * §5.2 has them. An error is a value; beside what the client reads it carries
 * what the trail keeps. Nothing in either was sent by the client.
 */
import type { LocalReply } from '../local.ts';

const ERRORS = {
  invalid_request: [400, 'Bad Request'],
  unsupported_grant_type: [400, 'Bad Request'],
  unauthorized_client: [400, 'Bad Request'],
  invalid_scope: [400, 'Bad Request'],
  /** RFC 8707 §2. */
  invalid_target: [400, 'Bad Request'],
  invalid_client: [401, 'Unauthorized'],
  slow_down: [429, 'Too Many Requests'],
  temporarily_unavailable: [503, 'Service Unavailable'],
} as const satisfies Record<string, readonly [status: number, reason: string]>;

export class OAuthError {
  readonly code: keyof typeof ERRORS;
  /** For whoever wrote the client: ASCII without `"` and `\` (RFC 6749 §5.2). */
  readonly description: string;
  /** For the operator. */
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: keyof typeof ERRORS,
    description: string,
    more: { readonly detail?: string; readonly retryAfterMs?: number } = {},
  ) {
    this.code = code;
    this.description = description;
    this.detail = more.detail;
    this.retryAfterMs = more.retryAfterMs;
  }

  get status(): number {
    return ERRORS[this.code][0];
  }
}

/** The one answer to whoever did not prove itself. `detail` is for the trail alone. */
export function failed(detail: string): OAuthError {
  return new OAuthError('invalid_client', 'Client authentication failed.', { detail });
}

export function unavailable(detail: string): OAuthError {
  return new OAuthError('temporarily_unavailable', 'Try again in a moment.', { detail, retryAfterMs: 1000 });
}

const NO_STORE = 'Content-Type: application/json\r\nCache-Control: no-store\r\nPragma: no-cache\r\n';

export function jsonReply(value: Readonly<Record<string, unknown>>): LocalReply {
  return { status: 200, reason: 'OK', fields: NO_STORE, body: JSON.stringify(value) };
}

export function emptyReply(): LocalReply {
  return { status: 200, reason: 'OK', fields: 'Cache-Control: no-store\r\nPragma: no-cache\r\n', body: '' };
}

/** For what anybody may read and keep for a while. */
export function publicReply(type: string, body: string, maxAgeS: number): LocalReply {
  const fields = `Content-Type: ${type}\r\nCache-Control: public, max-age=${maxAgeS}\r\n`;
  return { status: 200, reason: 'OK', fields, body };
}

export function errorReply(error: OAuthError): LocalReply {
  const [status, reason] = ERRORS[error.code];
  let fields = NO_STORE;
  // A 401 has a challenge (RFC 9110 §15.5.2), and it must be this one where Basic was tried (RFC 6749 §5.2).
  if (status === 401) fields += 'WWW-Authenticate: Basic realm="gatehouse", charset="UTF-8"\r\n';
  if (error.retryAfterMs !== undefined) {
    fields += `Retry-After: ${Math.max(1, Math.ceil(error.retryAfterMs / 1000))}\r\n`;
  }
  return { status, reason, fields, body: JSON.stringify({ error: error.code, error_description: error.description }) };
}
