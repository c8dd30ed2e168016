/** The reference of refusals: the table that answers are made from, and when each is given. The compiler keeps the two together. */
import { refusalTable, type RefusalCode, type TokenFault } from '../src/refusal.ts';

const WHEN: Readonly<Record<RefusalCode, string>> = {
  malformed_request:
    'The request breaks HTTP/1.1, has a path that can be read in two ways, or brings more than one token. `detail` says which.',
  missing_token: 'No token stands where the route wants one. `WWW-Authenticate` is a bare challenge.',
  invalid_token: 'The token does not pass. `reason` says why, `WWW-Authenticate` carries `error="invalid_token"`.',
  certificate_required: 'The route needs a client certificate, or another than the one shown in the TLS handshake.',
  insufficient_scope: 'The token is good and lacks a scope. `WWW-Authenticate` names the scopes that the route needs.',
  origin_not_allowed:
    'A page of an origin that `cors` of the route does not list wants to open a WebSocket. [Why](websocket.md#browsers-and-cookies).',
  address_not_allowed:
    'The caller’s address is in none of the blocks that `ip-allow` of the route lists. [More](plugins.md#ip-allow).',
  no_route: 'No route has this host and path.',
  method_not_allowed:
    'The path has routes, none for this method; or the method is none that is served. `Allow` names those that are.',
  request_timeout: 'The head or the body did not arrive within `timeouts.head` or `timeouts.body`.',
  body_too_large: 'The body is over `limits.body`, or over `max_body` of the route.',
  uri_too_long: 'The request line is over `limits.request_line`.',
  upgrade_required: 'A WebSocket handshake of another version than 13.',
  headers_too_large: 'The head is over `limits.head`, or has more fields than `limits.head_fields`.',
  rate_limited: 'A quota is used up. Who waits for as long as `Retry-After` says is admitted.',
  internal: 'A bug. The operator’s log has it under the same `request_id`.',
  upstream_unreachable: 'No connection to the service, or it closed before the head of its reply.',
  upstream_protocol: 'The service sent something that is not HTTP/1.1.',
  keys_unavailable:
    'The issuer’s keys cannot be had, so no token can be checked. Never the caller’s fault, so never 401.',
  credentials_unavailable:
    'The gateway itself needs a token for this service (`client_credentials`) and cannot get one. `Retry-After` says when it asks again.',
  circuit_open: 'The circuits of all targets are open. `Retry-After` says when the next probe may be.',
  overloaded: 'All connections to the service are in use, and none came free in time.',
  upstream_timeout:
    'The service did not connect, answer or go on within its `timeouts`, or the route’s `total` ran out.',
  loop_detected: 'The request has passed through Gatehouse three times already (`Via`).',
};

const REASONS: Readonly<Record<TokenFault, string>> = {
  expired: '`exp` is past, allowing for `clock_skew`.',
  not_yet_valid: '`nbf` or `iat` is still to come, allowing for `clock_skew`.',
  signature: 'The signature does not fit.',
  unknown_key: 'The issuer’s key set has no key of this `kid`; or, without a `kid`, not exactly one key that fits.',
  issuer: '`iss` is another issuer.',
  audience: '`aud` has none of the configured audiences.',
  claim: 'A claim is missing, empty or of the wrong kind; `detail` names it where the configuration does.',
  algorithm: 'The route, or the key, does not allow `alg`.',
  malformed: 'Not a compact JWS in its one spelling, over 16 KiB, or with a header parameter that is not allowed.',
  revoked: 'It was revoked here: itself, its client, its subject, or all that its issuer issued before some time.',
  inactive: 'Its issuer was asked (`introspection`) and did not say that it is active.',
};

export function refusalsPage(): string {
  const codes = Object.entries(refusalTable) as [RefusalCode, readonly [number, string]][];
  return `# Refusals

<!-- Made by scripts/docs.ts from the table in src/refusal.ts. -->

What Gatehouse itself answers is \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`, \`code\`, \`detail\` and \`request_id\`. Match on \`code\`: the list is closed, titles and details may change. Nothing in it was sent by the caller, but for a \`request_id\` that a trusted proxy sent along.

| \`code\` | Status | Title | When |
| --- | --- | --- | --- |
${codes.map(([code, [status, title]]) => `| \`${code}\` | ${status} | ${title} | ${WHEN[code]} |`).join('\n')}

## \`reason\` of \`invalid_token\`

| \`reason\` | When |
| --- | --- |
${Object.entries(REASONS)
  .map(([reason, when]) => `| \`${reason}\` | ${when} |`)
  .join('\n')}
`;
}
