/** One record of the trail for each call by somebody known, whatever became of it: who called what, with which scopes. */
import type { Principal } from '../auth/principal.ts';
import type { Passage } from '../passage.ts';
import type { TrailEvent } from '../store/store.ts';
import type { Clock } from '../world.ts';

export interface CallEnding {
  readonly status: number;
  readonly refusal: string | undefined;
  /** What `invalid_token` leaves open. */
  readonly reason: string | undefined;
  readonly durationMs: number;
}

export type CallNote = (passage: Passage, principal: Principal, ending: CallEnding) => void;

export function createCallNote(note: (event: TrailEvent) => void, clock: Pick<Clock, 'wall'>): CallNote {
  return (passage, principal, { status, refusal, reason, durationMs }) => {
    const { request, route, requestId, traceparent } = passage;
    const { jti } = principal.claims;
    const scopes = route?.scopesFor(request.method).filter((scope) => principal.scopes.has(scope));
    note({
      at: clock.wall(),
      kind: 'call',
      client: principal.clientId,
      subject: principal.subject,
      jti: typeof jti === 'string' ? jti : undefined,
      issuer: principal.issuer,
      scopes,
      route: route?.name,
      method: request.method,
      upstream: route?.upstream?.name,
      requestId,
      traceparent,
      status,
      refusal,
      durationMs,
      detail: reason,
    });
  };
}
