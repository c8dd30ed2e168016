/**
 * One policy test, played: its requests through the stages that serve, one after
 * another on a clock of their own, and what came of the last. The reply of the
 * service goes through the code that hands replies on. Fresh state for every
 * test; about a millisecond.
 */
import type { Config } from '../config/config.ts';
import type { PolicyTest } from '../config/resolve-tests.ts';
import { type Ask, NOTHING_BEFORE } from '../explain/ask.ts';
import { type Attempt, put } from '../explain/attempt.ts';
import { createOfflinePlan } from '../explain/offline-plan.ts';
import { quotaLeft } from '../explain/quota-left.ts';
import { sentOn } from '../explain/sent-on.ts';
import { limitersOf } from '../explain/trace.ts';
import { replyFieldsOf, replyLines } from '../forward.ts';
import { refusalLines } from '../refusal.ts';
import { readReplyHead } from '../wire/reply-head.ts';

/** What came; `null`: none. */
export interface Played {
  readonly status: number | null;
  readonly code: string | null;
  readonly reason: string | null;
  readonly route: string | null;
  /** By lower-case name. */
  readonly toService: ReadonlyMap<string, string>;
  readonly toCaller: ReadonlyMap<string, string>;
  /** By limit. */
  readonly quotaLeft: ReadonlyMap<string, number>;
}

/** Nobody's reply has more. */
const MOST_FIELDS = 1000;

export async function play(config: Config, test: PolicyTest): Promise<Played> {
  const offline = createOfflinePlan(config, { wallMs: test.atMs });
  const ask = askOf(test);
  try {
    for (let left = test.repeat; ; left--) {
      // eslint-disable-next-line no-await-in-loop -- what comes of one depends on those before
      const made = await put(offline, ask, undefined);
      answer(made, test);
      if (left === 1) return playedOf(made, test, config);
      offline.clock.move(test.everyMs);
    }
  } finally {
    offline.close();
  }
}

function askOf({ request, claims, atMs }: PolicyTest): Ask {
  return {
    method: request.method,
    scheme: request.scheme,
    authority: request.host,
    target: request.path,
    fields: request.headers,
    bodyLength: request.bodyBytes,
    address: request.address,
    certificate: undefined,
    claims,
    token: undefined,
    atMs,
    before: NOTHING_BEFORE,
  };
}

/** The target hears of its answer, as it would have: enough failures open its circuit. */
function answer({ outcome }: Attempt, { upstream }: PolicyTest): void {
  if (outcome.kind !== 'forwarded') return;
  const { target, permit } = outcome.picked;
  if (target.isFailure(upstream.status)) target.failure(permit);
  else target.success(permit, 0);
}

function playedOf(made: Attempt, { upstream }: PolicyTest, config: Config): Played {
  const { plan, passage, head, shown, outcome } = made;
  const refusal = outcome.kind === 'refused' ? outcome.refusal : undefined;
  const redaction = { token: shown.token, sensitiveQuery: config.log.sensitiveQuery };
  const nowMs = plan.clock.monotonic();
  return {
    status: statusOf(made, upstream.status),
    code: refusal?.code ?? null,
    reason: refusal?.reason ?? null,
    route: passage.route?.name ?? null,
    toService: joined(outcome.kind === 'forwarded' ? sentOn(outcome.headText, head, redaction).headers : []),
    toCaller: joined(linesOf(callerText(made, upstream))),
    quotaLeft: new Map(limitersOf(plan, passage.route).map((one) => [one.name, quotaLeft(one, passage, nowMs).left])),
  };
}

function statusOf({ outcome }: Attempt, upstreamStatus: number): number | null {
  if (outcome.kind === 'refused') return outcome.refusal.status;
  if (outcome.kind === 'answered') return outcome.answer.status;
  // What an endpoint of the gateway's own says depends on what it has stored.
  return outcome.kind === 'local' ? null : upstreamStatus;
}

function callerText({ plan, passage, outcome }: Attempt, upstream: PolicyTest['upstream']): string {
  const own = replyLines(passage, passage.route);
  if (outcome.kind === 'refused') return refusalLines(outcome.refusal) + own;
  if (outcome.kind === 'answered') return `${outcome.answer.fields}X-Request-ID: ${passage.requestId}\r\n`;
  if (outcome.kind === 'local') return own;
  const fields = upstream.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const text = `HTTP/1.1 ${upstream.status} \r\n${fields}\r\n`;
  const head = readReplyHead(Buffer.from(text.slice(0, -2)), passage.request.method, MOST_FIELDS);
  // A reply that the wire does not take is none.
  return typeof head === 'string' ? '' : replyFieldsOf(head, outcome.admission, plan);
}

function linesOf(text: string): readonly (readonly [name: string, value: string])[] {
  return text
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    });
}

/** Lines of one name are one list (RFC 9110 §5.2). */
function joined(lines: readonly (readonly [name: string, value: string])[]): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const [written, value] of lines) {
    const name = written.toLowerCase();
    const before = all.get(name);
    all.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return all;
}
