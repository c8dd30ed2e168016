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
  'origin',
  'range',
  'traceparent',
  'tracestate',
  'via',
  'x-http-method-override',
  'x-original-url',
  'x-real-ip',
  'x-request-id',
  'x-rewrite-url',
]);

export function isReservedHeader(lowerCaseName: string): boolean {
  return (
    FRAMING_HEADERS.has(lowerCaseName) || OWN_HEADERS.has(lowerCaseName) || lowerCaseName.startsWith('x-forwarded-')
  );
}
