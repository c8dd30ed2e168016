/**
 * A request and a configuration in, an explanation out: what each stage decides,
 * what the service would see, what is left, and on a refusal the smallest change
 * that would turn it. For eyes and tools alike; `cli/explain-text.ts` prints it.
 */
import type { Config, Place } from '../config/config.ts';
import { replyLines } from '../reply-fields.ts';
import { refusalLines } from '../refusal.ts';
import { stageOf } from '../stage.ts';
import type { Ask } from './ask.ts';
import { type Attempt, attempt, type SignatureState } from './attempt.ts';
import { type Mending, mend } from './mend.ts';
import { type QuotaLeft, quotaLeft } from './quota-left.ts';
import { redactTarget } from './redact.ts';
import { type SentOn, sentOn } from './sent-on.ts';
import { limitersOf, traceOf, type Verdict } from './trace.ts';

export interface Explanation {
  readonly admitted: boolean;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly address: string;
    readonly at: string;
  };
  readonly route: string | null;
  readonly signature: SignatureState;
  readonly stages: readonly {
    readonly stage: string;
    readonly verdict: Verdict;
    readonly detail: string;
    /** `file:line:column`. */
    readonly place: string | null;
  }[];
  readonly refusal: {
    readonly stage: string;
    readonly status: number;
    readonly code: string;
    readonly reason: string | null;
    readonly detail: string | null;
    readonly limit: string | null;
  } | null;
  /** Absent where nothing is known to turn the refusal. */
  readonly change: Mending | null;
  readonly to_service: SentOn | null;
  /** The lines the gateway adds to the reply, or all there are of its own. */
  readonly to_caller: readonly string[];
  readonly quotas: readonly QuotaLeft[];
}

/** `keys`: the issuers' own; absent: signatures are not looked at. */
export async function explain(config: Config, ask: Ask, keys: readonly unknown[] | undefined): Promise<Explanation> {
  const made = await attempt(config, ask, keys);
  const { plan, passage, head, shown, outcome } = made;
  const redaction = { token: shown.token, sensitiveQuery: config.log.sensitiveQuery };
  const placed = (place: Place | undefined): string | null =>
    place === undefined ? null : `${config.file}:${place.line}:${place.column}`;
  const nowMs = plan.clock.monotonic();
  return {
    admitted: outcome.kind !== 'refused',
    request: {
      method: ask.method,
      url: `${ask.scheme}://${ask.authority}${redactTarget(ask.target, redaction)}`,
      address: passage.address,
      at: new Date(made.atMs).toISOString(),
    },
    route: passage.route?.name ?? null,
    signature: shown.signature,
    stages: traceOf(made).map((stage) => ({ ...stage, place: placed(stage.place) })),
    refusal: refusalOf(made),
    change: outcome.kind === 'refused' ? await mend(config, ask, { made, keys }) : null,
    to_service: outcome.kind === 'forwarded' ? sentOn(outcome.headText, head, redaction) : null,
    to_caller: callerLines(made),
    quotas: limitersOf(plan, passage.route).map((limiter) => quotaLeft(limiter, passage, nowMs)),
  };
}

function refusalOf({ outcome, passage }: Attempt): Explanation['refusal'] {
  if (outcome.kind !== 'refused') return null;
  const { refusal } = outcome;
  const { status, code, reason = null, detail = null, limit = null } = refusal;
  return { stage: stageOf(refusal, passage), status, code, reason, detail, limit };
}

function callerLines({ outcome, passage }: Attempt): readonly string[] {
  const own = replyLines(passage, passage.route);
  const text =
    outcome.kind === 'refused'
      ? refusalLines(outcome.refusal) + own
      : outcome.kind === 'answered'
        ? outcome.answer.fields
        : outcome.kind === 'replied'
          ? outcome.reply.fields + own
          : own;
  return text.split('\r\n').filter((line) => line !== '');
}
