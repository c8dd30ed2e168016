/** What a service would be sent of an admitted request, or why it is sent nothing: all of forwarding that needs no connection. */
import type { Admission } from './gateway.ts';
import type { Plan, TunnelPlan } from './plan.ts';
import { refuse, Refusal } from './refusal.ts';
import { fieldsOf } from './request.ts';
import type { RelayUpgrade } from './wire/relay.ts';
import type { RequestHead } from './wire/request-head.ts';
import { readHandshake, UPGRADE_LINES, WEBSOCKET } from './wire/websocket.ts';

/** More hops through ourselves than this are a loop (RFC 9110 §7.6.3). */
const MAX_HOPS = 3;
const OWN_HOP = /(?:^|,)\s*(?:1\.[01]|2\.0) gatehouse(?=\s*(?:,|$))/g;

/** What the service is sent, but for its framing. */
export interface Outgoing {
  readonly headText: string;
  readonly upgrade: RelayUpgrade | undefined;
}

export function outgoingOf(admission: Admission, head: RequestHead, plan: Pick<Plan, 'clock'>): Outgoing | Refusal {
  const { route } = admission;
  if (head.bodyLength > route.maxBodyBytes) return refuse('body_too_large');
  if (head.names.includes('via') && isLoop(fieldsOf(head, 'via'))) return refuse('loop_detected');
  const upgrade = route.tunnel === undefined ? undefined : upgradeOf(admission, route.tunnel, plan);
  if (upgrade instanceof Refusal) return upgrade;
  const headText = route.writeHead(head, admission, route.inject(admission));
  return { headText: upgrade === undefined ? headText : headText + UPGRADE_LINES, upgrade };
}

/** What the caller would switch to, on a route that lets it; `undefined` for a request like any other. */
function upgradeOf(
  { request, principal }: Admission,
  { idleMs, stallMs, expirySkewMs }: TunnelPlan,
  { clock }: Pick<Plan, 'clock'>,
): RelayUpgrade | Refusal | undefined {
  if (request.upgrade !== WEBSOCKET) return undefined;
  const handshake = readHandshake(request);
  if (handshake instanceof Refusal) return handshake;
  const expires = principal !== undefined && expirySkewMs !== undefined;
  const expiresAtMs = expires ? principal.expiresAtMs + expirySkewMs : Number.POSITIVE_INFINITY;
  return { handshake, tunnel: { idleMs, stallMs, expiresAtMs, clock } };
}

function isLoop(via: readonly string[]): boolean {
  return (via.join(',').match(OWN_HOP)?.length ?? 0) >= MAX_HOPS;
}
