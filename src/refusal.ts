/**
 * Every way Gatehouse says no, in one table. A refusal is a value that a stage
 * returns; `throw` is for bugs. The caller sees status, title, `code` and a
 * detail that never quotes what was sent; the operator's log sees `reason` too.
 */
const REFUSALS = {
  malformed_request: [400, 'Malformed request'],
  missing_token: [401, 'Authentication required'],
  invalid_token: [401, 'Invalid token'],
  certificate_required: [403, 'Client certificate required'],
  insufficient_scope: [403, 'Insufficient scope'],
  origin_not_allowed: [403, 'Origin not allowed'],
  address_not_allowed: [403, 'Address not allowed'],
  no_route: [404, 'No such route'],
  method_not_allowed: [405, 'Method not allowed'],
  request_timeout: [408, 'Request timed out'],
  body_too_large: [413, 'Body too large'],
  uri_too_long: [414, 'URI too long'],
  upgrade_required: [426, 'Upgrade required'],
  headers_too_large: [431, 'Header fields too large'],
  rate_limited: [429, 'Too many requests'],
  internal: [500, 'Internal error'],
  upstream_unreachable: [502, 'Upstream unreachable'],
  upstream_protocol: [502, 'Upstream broke the protocol'],
  keys_unavailable: [503, 'Signing keys unavailable'],
  credentials_unavailable: [503, 'Credentials for the upstream unavailable'],
  circuit_open: [503, 'Upstream circuit open'],
  overloaded: [503, 'Overloaded'],
  upstream_timeout: [504, 'Upstream timed out'],
  loop_detected: [508, 'Loop detected'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type RefusalCode = keyof typeof REFUSALS;

/** Why a token was refused; goes beside `invalid_token`. */
export const TOKEN_FAULTS = [
  'expired',
  'not_yet_valid',
  'signature',
  'unknown_key',
  'issuer',
  'audience',
  'claim',
  'algorithm',
  'malformed',
  'revoked',
  'inactive',
] as const;

export type TokenFault = (typeof TOKEN_FAULTS)[number];

/** A header line of a reply: name and value, both already safe to send. */
export type HeaderLine = readonly [name: string, value: string];

export interface RefusalOptions {
  /** For the caller: one sentence that tells what to do and quotes nothing that was sent. */
  readonly detail?: string;
  readonly reason?: TokenFault;
  /** The name of the limit that is used up. For the operator. */
  readonly limit?: string;
  readonly headers?: readonly HeaderLine[];
  /** Sent as `Retry-After` in whole seconds, rounded up and at least 1. */
  readonly retryAfterMs?: number;
}

export class Refusal {
  readonly code: RefusalCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly reason: TokenFault | undefined;
  readonly limit: string | undefined;
  readonly headers: readonly HeaderLine[];

  constructor(code: RefusalCode, options: RefusalOptions = {}) {
    const [status, title] = REFUSALS[code];
    this.code = code;
    this.status = status;
    this.title = title;
    this.detail = options.detail;
    this.reason = options.reason;
    this.limit = options.limit;
    this.headers =
      options.retryAfterMs === undefined
        ? (options.headers ?? [])
        : [...(options.headers ?? []), ['Retry-After', String(Math.max(1, Math.ceil(options.retryAfterMs / 1000)))]];
  }
}

/** Says no. `code` decides the status and the title. */
export function refuse(code: RefusalCode, options?: RefusalOptions): Refusal {
  return new Refusal(code, options);
}

/** The codes with their status and title, for the metrics and the generated reference. */
export const refusalTable: Readonly<Record<RefusalCode, readonly [status: number, title: string]>> = REFUSALS;

/** The body that a caller sees (RFC 9457). Nothing in it was sent by the caller but the id. */
export function problemOf(refusal: Refusal, requestId: string): string {
  const { code, status, title, detail, reason } = refusal;
  return JSON.stringify({ type: typeOf(code), title, status, code, detail, reason, request_id: requestId });
}

function typeOf(code: RefusalCode): string {
  // The one problem type of ours that is registered (draft-ietf-httpapi-ratelimit-headers).
  if (code === 'rate_limited') return 'https://iana.org/assignments/http-problem-types#quota-exceeded';
  return `urn:problem-type:gatehouse:${code}`;
}

/** The header lines of a refusal, each ended by CRLF. */
export function refusalLines(refusal: Refusal): string {
  let lines = 'Content-Type: application/problem+json\r\nCache-Control: no-store\r\n';
  for (const [name, value] of refusal.headers) lines += `${name}: ${value}\r\n`;
  return lines;
}
