/** The fields of a reply as the caller sees them: the service's own, less what the gateway speaks for, and what it adds. */
import type { Admission } from './gateway.ts';
import type { Plan, RoutePlan } from './plan.ts';
import type { Passage } from './passage.ts';
import { fieldOf } from './request.ts';
import { isCorsReplyHeader } from './route/cors.ts';
import { keptFields } from './wire/fields.ts';
import type { ReplyHead } from './wire/reply-head.ts';

/** The fields of the service's reply as the caller sees them. */
export function replyFieldsOf(head: ReplyHead, admission: Admission, plan: Pick<Plan, 'dateLine'>): string {
  const { route } = admission;
  // A reply without a date gets one on its way (RFC 9110 §6.6.1).
  const date = head.section.names.includes('date') ? '' : plan.dateLine();
  const kept = keptFields(head.text, head.section, head.nominated, route.dropFromReply);
  return kept + date + route.replyText + replyLines(admission, route);
}

/** What the gateway adds to every reply of a route, refusals included. */
export function replyLines(passage: Passage, route: RoutePlan | undefined): string {
  const cors = route?.cors === undefined ? '' : route.cors.replyHeaders(fieldOf(passage.request, 'origin'));
  return `${cors}${passage.taken.headerText}X-Request-ID: ${passage.requestId}\r\n`;
}

/** Reply fields that the gateway speaks for on such a route: the upstream's own would contradict them. */
export function createReplyGuard(route: {
  hasCors: boolean;
  isLimited: boolean;
  /** Whatever else the route takes out of replies. */
  dropped: readonly string[];
}): (lowerName: string) => boolean {
  const dropped = new Set(route.dropped.map((name) => name.toLowerCase()));
  return (name) =>
    name === 'x-request-id' ||
    (route.hasCors && isCorsReplyHeader(name)) ||
    (route.isLimited && (name === 'ratelimit' || name === 'ratelimit-policy')) ||
    dropped.has(name);
}
