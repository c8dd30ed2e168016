/**
 * The last stage: one access line and a handful of numbers for every exchange,
 * whatever happened to it.
 */
import type { Record } from './gateway.ts';
import { createAccessLog, routeText } from './log/access-log.ts';
import type { Clock } from './world.ts';

const NO_ROUTE = routeText(undefined, undefined);

export function createRecord(
  write: (line: string) => void,
  { clock, sensitiveQuery }: { clock: Clock; sensitiveQuery: readonly string[] },
): Record {
  const accessLog = createAccessLog(write, sensitiveQuery);
  return (exchange, passage, { status, refusal, forwarding }) => {
    const { request, route, principal } = passage;
    accessLog({
      wallMs: clock.wall(),
      requestId: passage.requestId,
      method: request.method,
      path: passage.path,
      query: request.query,
      route: route?.logText ?? NO_ROUTE,
      status,
      durationMs: clock.monotonic() - exchange.startedAt,
      upstreamMs: forwarding?.upstreamMs,
      address: passage.address,
      subject: principal?.subject,
      clientId: principal?.clientId,
      bytesIn: exchange.bytesIn,
      bytesOut: exchange.bytesOut,
      refusal,
    });
  };
}
