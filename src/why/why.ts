/**
 * Why a request was refused, for the operator: the stage, the line of the
 * configuration, what is known of the token and what was left of the limit.
 * Worked out when somebody asks, from what was kept of the refusal. Never a
 * token, and never a signature: none was kept.
 */
import type { Place, RouteConfig } from '../config/config.ts';
import { type QuotaLeft, readQuota } from '../explain/quota-left.ts';
import { redactShown } from '../explain/redact.ts';
import type { ConfigFacts, Refused } from './refusals.ts';
import { type TokenFacts, tokenFacts } from './token-facts.ts';

/** `null`: there is none, or it is not known. */
export interface Why {
  readonly request_id: string;
  readonly time: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly address: string;
  readonly route: string | null;
  readonly stage: string | null;
  readonly status: number;
  readonly code: string;
  readonly reason: string | null;
  readonly detail: string | null;
  /** `file:line:column` of what has it so. */
  readonly place: string | null;
  readonly caller: { readonly subject: string | null; readonly client_id: string | null };
  readonly token: TokenFacts | null;
  /** The name of the one that is used up. */
  readonly limit: string | null;
  /** Of that limit, then. */
  readonly counters: Counters | null;
  readonly retry_after_s: number | null;
}

type Counters = Pick<QuotaLeft, 'quota' | 'window_s'> & { readonly used: number; readonly wait_s: number };

export function whyOf(refused: Refused): Why {
  const { requestId, atMs, method, path, address, refusal, stage, principal, config } = refused;
  const token = tokenFacts(refused);
  const place = placeOf(refused, token);
  const retryAfter = headerOf(refused, 'Retry-After');
  return {
    request_id: requestId,
    time: new Date(atMs).toISOString(),
    method,
    path: redactShown(path),
    address,
    route: refused.routeName ?? null,
    stage,
    status: refusal.status,
    code: refusal.code,
    reason: refusal.reason ?? null,
    detail: refusal.detail ?? null,
    place: place === undefined ? null : `${config.file}:${place.line}:${place.column}`,
    caller: {
      subject: principal?.subject === undefined ? null : redactShown(principal.subject),
      client_id: principal?.clientId === undefined ? null : redactShown(principal.clientId),
    },
    token,
    limit: refusal.limit ?? null,
    counters: countersOf(refused),
    retry_after_s: retryAfter === undefined ? null : Number(retryAfter),
  };
}

function headerOf({ refusal }: Refused, wanted: string): string | undefined {
  return refusal.headers.find(([name]) => name === wanted)?.[1];
}

/** The caller was told these numbers, so they are those of then. */
function countersOf(refused: Refused): Counters | null {
  const policy = headerOf(refused, 'RateLimit-Policy');
  const state = headerOf(refused, 'RateLimit');
  if (policy === undefined || state === undefined) return null;
  const { quota, window_s, left, reset_s } = readQuota(refused.refusal.limit ?? '', policy, state);
  return { quota, window_s, used: quota - left, wait_s: reset_s };
}

function placeOf(
  { stage, route, refusal, config }: Refused,
  token: Pick<TokenFacts, 'issuer'> | null,
): Place | undefined {
  if (route === undefined) return undefined;
  const { code, status, limit } = refusal;
  if (limit !== undefined) return limitPlace(route, config, limit) ?? route.place;
  const issuers = route.auth?.issuers ?? [];
  if (code === 'invalid_token' || code === 'keys_unavailable')
    return (issuers.find(({ issuer }) => issuer === token?.issuer) ?? issuers[0])?.place ?? route.place;
  return stage === 'break' || (stage === 'forward' && status >= 502) ? route.upstream.place : route.place;
}

export function limitPlace(
  { rateLimits }: Pick<RouteConfig, 'rateLimits'>,
  { failedAuthentications }: Pick<ConfigFacts, 'failedAuthentications'>,
  wanted: string,
): Place | undefined {
  return [...rateLimits, failedAuthentications].find((limit) => limit?.name === wanted)?.place;
}
