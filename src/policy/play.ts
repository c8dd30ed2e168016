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
import { replyFieldsOf, replyLines } from '../reply-fields.ts';
import { Answer } from '../gateway.ts';
import { refusalLines, refuse, Refusal } from '../refusal.ts';
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
      const reply = replyOf(made, test.upstream);
      if (left === 1) return playedOf(made, reply, config);
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

interface Reply {
  readonly status: number;
  /** Field lines, as the caller gets them. */
  readonly fields: string;
}

/** The service's, or a plugin's in its place. */
function replyOf(made: Attempt, upstream: PolicyTest['upstream']): Reply | Refusal | undefined {
  const { outcome, passage } = made;
  if (outcome.kind === 'forwarded') return replyTo(outcome, upstream, made);
  if (outcome.kind !== 'replied') return undefined;
  const { status, fields } = outcome.reply;
  return { status, fields: fields + replyLines(passage, passage.route) };
}

/** What the service answers, handed on. Its target hears of it, as it would have: enough failures open its circuit. */
function replyTo(
  { admission, picked }: Extract<Attempt['outcome'], { readonly kind: 'forwarded' }>,
  { status, headers }: PolicyTest['upstream'],
  { plan, passage }: Pick<Attempt, 'plan' | 'passage'>,
): Reply | Refusal {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = readReplyHead(Buffer.from(`HTTP/1.1 ${status} \r\n${lines}`), passage.request.method, MOST_FIELDS);
  const { target, permit } = picked;
  if (typeof head === 'string' || target.isFailure(status)) target.failure(permit);
  else target.success(permit, 0);
  return typeof head === 'string'
    ? refuse('upstream_protocol')
    : { status, fields: replyFieldsOf(head, admission, plan) };
}

function playedOf(made: Attempt, reply: Reply | Refusal | undefined, config: Config): Played {
  const { plan, passage, head, shown, outcome } = made;
  const answer = outcome.kind === 'refused' ? outcome.refusal : outcome.kind === 'answered' ? outcome.answer : reply;
  const refusal = answer instanceof Refusal ? answer : undefined;
  const redaction = { token: shown.token, sensitiveQuery: config.log.sensitiveQuery };
  const nowMs = plan.clock.monotonic();
  return {
    // What an endpoint of the gateway's own says depends on what it has stored.
    status: answer?.status ?? null,
    code: refusal?.code ?? null,
    reason: refusal?.reason ?? null,
    route: passage.route?.name ?? null,
    toService: joined(outcome.kind === 'forwarded' ? sentOn(outcome.headText, head, redaction).headers : []),
    toCaller: joined(linesOf(callerText(made, answer))),
    quotaLeft: new Map(limitersOf(plan, passage.route).map((one) => [one.name, quotaLeft(one, passage, nowMs).left])),
  };
}

function callerText({ passage }: Attempt, answer: Refusal | Answer | Reply | undefined): string {
  const own = replyLines(passage, passage.route);
  if (answer instanceof Refusal) return refusalLines(answer) + own;
  if (answer instanceof Answer) return `${answer.fields}X-Request-ID: ${passage.requestId}\r\n`;
  return answer?.fields ?? own;
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
