/**
 * The smallest change that turns a refusal. Every change is tried: the request
 * is put to the same stages with it, and only what was admitted is told. Where
 * one is not enough, what gets further is kept and the next is looked for. Costs
 * a plan for each try.
 */
import type { Config } from '../config/config.ts';
import { STAGES, stageOf } from '../stage.ts';
import type { Ask } from './ask.ts';
import { attempt, type Attempt } from './attempt.ts';
import type { Change, ChangeKind } from './change.ts';
import { changesFor } from './changes-for.ts';
import { issuerOf } from './claim-changes.ts';
import { skewThatWouldDo } from './token-text.ts';

export interface Mending {
  /** All of them together. */
  readonly changes: readonly { readonly kind: ChangeKind; readonly text: string }[];
  /** What could be changed about the configuration in their place. */
  readonly instead: readonly string[];
}

const MOST_CHANGES = 8;
/** `clock_skew` cannot be more. */
const MAX_SKEW_S = 300;

interface Tried {
  readonly change: Change;
  readonly asked: Ask;
  readonly made: Attempt;
}

/** `null` where nothing is known that would. */
export async function mend(
  config: Config,
  ask: Ask,
  { made: first, keys }: { readonly made: Attempt; readonly keys: readonly unknown[] | undefined },
): Promise<Mending | null> {
  const changes: Change[] = [];
  let [asked, made] = [ask, first];
  while (changes.length < MOST_CHANGES) {
    // eslint-disable-next-line no-await-in-loop -- each change is looked for behind the one before
    const next = await firstThatHelps(config, { asked, made, keys });
    if (next === undefined) return null;
    changes.push(next.change);
    [asked, made] = [next.asked, next.made];
    if (made.outcome.kind !== 'refused') {
      return { changes: changes.map(({ kind, text }) => ({ kind, text })), instead: insteadOf(first, changes) };
    }
  }
  return null;
}

async function firstThatHelps(
  config: Config,
  { asked, made, keys }: { asked: Ask; made: Attempt; keys: readonly unknown[] | undefined },
): Promise<Tried | undefined> {
  let further: Tried | undefined;
  for (const change of changesFor(config, asked, made)) {
    const changed = change.apply(asked);
    // eslint-disable-next-line no-await-in-loop -- the first that is enough ends the search
    const tried = { change, asked: changed, made: await attempt(config, changed, keys) };
    if (tried.made.outcome.kind !== 'refused') return tried;
    if (further === undefined && getsFurther(made, tried.made)) further = tried;
  }
  return further;
}

function getsFurther(before: Attempt, after: Attempt): boolean {
  const [one, other] = [before, after].map(({ outcome, passage }) =>
    outcome.kind === 'refused'
      ? { at: STAGES.indexOf(stageOf(outcome.refusal, passage)), refusal: outcome.refusal }
      : undefined,
  );
  if (one === undefined || other === undefined) return false;
  const { code, reason, detail } = other.refusal;
  const same = code === one.refusal.code && reason === one.refusal.reason && detail === one.refusal.detail;
  return other.at >= one.at && !same;
}

/** One change of the configuration that does the same as the one of the request. */
function insteadOf({ outcome, passage, shown, atMs }: Attempt, changes: readonly Change[]): readonly string[] {
  const auth = passage.route?.config?.auth;
  if (outcome.kind !== 'refused' || outcome.refusal.reason !== 'expired' || changes.length > 1) return [];
  if (auth === undefined || shown.claims === undefined) return [];
  const skew = skewThatWouldDo(shown.claims, atMs);
  if (skew === undefined || skew > MAX_SKEW_S) return [];
  return [`\`clock_skew: ${skew}s\` of the issuer ${issuerOf(auth, shown.claims).name} would do`];
}
