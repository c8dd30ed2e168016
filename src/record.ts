/**
 * The last stage: one access line and a handful of numbers for every exchange,
 * whatever happened to it.
 */
import type { Record } from './gateway.ts';
import { createAccessLog, routeText } from './log/access-log.ts';
import { createRefusalMetrics, createRequestMetrics, createTunnelMetrics } from './log/request-metrics.ts';
import type { Plan } from './plan.ts';
import { stageOf } from './stage.ts';
import type { Refusals } from './why/refusals.ts';
import { createCallNote } from './issuer/call-note.ts';

const NO_ROUTE = routeText(undefined, undefined);

/** `write` takes access lines; without it requests are only counted. `refusals` are those that somebody may ask about. */
export function createRecord(
  plan: Plan,
  write: ((line: string) => void) | undefined,
  refusals?: Pick<Refusals, 'keeper'>,
): Record {
  const { clock, metrics } = plan;
  const accessLog = write && createAccessLog(write, plan.config.log.sensitiveQuery);
  const refused = createRefusalMetrics(metrics);
  const keep = refusals?.keeper(plan.config);
  const withoutRoute = createRequestMetrics(metrics, '', undefined);
  const cutShort = metrics.counter(
    'gatehouse_replies_cut_short_total',
    'Replies that had begun and could not be completed.',
  );
  const left = metrics.counter('gatehouse_callers_left_total', 'Requests whose caller did not wait for the reply.');
  const tunnels = createTunnelMetrics(metrics);
  const noteCall = plan.ownIssuer && createCallNote(plan.ownIssuer.note, clock);

  return (exchange, passage, ending) => {
    const { request, route, principal } = passage;
    const { status, refusal, tunnel } = ending;
    const durationMs = clock.monotonic() - exchange.startedAt;
    const upstreamMs = ending.forwarding?.upstreamMs;
    // The reply to an upgrade is its 101: how long callers stay says nothing of how fast they are served.
    (route?.metrics ?? withoutRoute).observe(status, tunnel?.replyMs ?? durationMs, upstreamMs);
    if (tunnel !== undefined) tunnels[tunnel.end].add(1);
    const stage = refusal && stageOf(refusal, passage);
    if (refusal !== undefined) refused.count(refusal.code, refusal.reason);
    if (ending.cutShort === true) cutShort.add(1);
    if (ending.left === true) left.add(1);
    if (principal !== undefined)
      noteCall?.(passage, principal, { status, refusal: refusal?.code, reason: refusal?.reason, durationMs });
    const { wouldRefuse } = passage.taken;
    if (wouldRefuse !== undefined)
      plan.log('info', 'would_refuse', { limit: wouldRefuse, request_id: passage.requestId });
    const wallMs = clock.wall();
    if (refusal !== undefined && stage !== undefined) keep?.(passage, { refusal, stage, atMs: wallMs });
    accessLog?.({
      wallMs,
      requestId: passage.requestId,
      method: request.method,
      path: passage.path,
      query: request.query,
      route: route?.logText ?? NO_ROUTE,
      status,
      durationMs,
      upstreamMs,
      address: passage.address,
      subject: principal?.subject,
      clientId: principal?.clientId,
      bytesIn: exchange.bytesIn,
      bytesOut: exchange.bytesOut,
      refusal,
      stage,
      tunnelEnd: tunnel?.end,
    });
  };
}
