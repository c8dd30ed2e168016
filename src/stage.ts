/**
 * Which stage said no. The order of the stages is the security policy, and the
 * first that refuses ends a request: with its name an operator knows what was
 * looked at before, and what was not. Costs one look-up for a refusal, and
 * nothing for what is admitted.
 */
import { SHED } from './gateway.ts';
import type { Passage } from './passage.ts';
import type { Refusal, RefusalCode } from './refusal.ts';

/** In the order of `gateway.ts`. */
export const STAGES = [
  'parse',
  'route',
  'overload',
  'limit by address',
  'authenticate',
  'authorize',
  'limit by caller',
  'plugins',
  'break',
  'forward',
] as const;

export type Stage = (typeof STAGES)[number];

/** Where a code is of one stage alone, or of the first that may give it. */
const BY_CODE: Readonly<Record<RefusalCode, Stage>> = {
  malformed_request: 'parse',
  uri_too_long: 'parse',
  headers_too_large: 'parse',
  request_timeout: 'parse',
  no_route: 'route',
  method_not_allowed: 'route',
  rate_limited: 'limit by address',
  origin_not_allowed: 'authenticate',
  certificate_required: 'authenticate',
  missing_token: 'authenticate',
  invalid_token: 'authenticate',
  keys_unavailable: 'authenticate',
  insufficient_scope: 'authorize',
  address_not_allowed: 'plugins',
  circuit_open: 'break',
  body_too_large: 'forward',
  loop_detected: 'forward',
  upgrade_required: 'forward',
  credentials_unavailable: 'forward',
  overloaded: 'forward',
  internal: 'forward',
  upstream_unreachable: 'forward',
  upstream_protocol: 'forward',
  upstream_timeout: 'forward',
};

export function stageOf(refusal: Refusal, { route }: Pick<Passage, 'route'>): Stage {
  if (refusal === SHED) return 'overload';
  const { code, limit, headers } = refusal;
  if (route !== undefined) {
    if (code === 'rate_limited' && route.callerLimits.some(({ name }) => name === limit)) return 'limit by caller';
    // Several tokens in one request have a challenge; else it is the body, which is read on its way.
    if (code === 'malformed_request') return headers.length > 0 ? 'authenticate' : 'forward';
    if (code === 'request_timeout') return 'forward';
  }
  return BY_CODE[code];
}
