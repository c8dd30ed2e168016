/** Header names that a configuration cannot take for itself, lower-case. */

/** Of the connection and the framing (RFC 9110 §7.6.1, RFC 9112 §6): not the caller's to fill, and never forwarded as they came. */
export const FRAMING_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Besides those, what the gateway writes itself or what decides how a service reads the request. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-type',
  'cookie',
  'forwarded',
  'http2-settings',
  'max-forwards',
  'origin',
  'range',
  'traceparent',
  'tracestate',
  'via',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-real-ip',
  'x-request-id',
  'x-rewrite-url',
]);

export function isReservedHeader(lowerCaseName: string): boolean {
  return (
    FRAMING_HEADERS.has(lowerCaseName) ||
    OWN_HEADERS.has(lowerCaseName) ||
    lowerCaseName.startsWith('x-forwarded-') ||
    lowerCaseName.startsWith('sec-websocket-')
  );
}

/** Of a reply: what the gateway speaks for, or what decides how its body is read. */
const OWN_REPLY_HEADERS: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-range',
  'date',
  'http2-settings',
  'ratelimit',
  'ratelimit-policy',
  'x-request-id',
]);

export function isReservedReplyHeader(lowerCaseName: string): boolean {
  return (
    FRAMING_HEADERS.has(lowerCaseName) ||
    OWN_REPLY_HEADERS.has(lowerCaseName) ||
    lowerCaseName.startsWith('access-control-') ||
    lowerCaseName.startsWith('sec-websocket-')
  );
}
