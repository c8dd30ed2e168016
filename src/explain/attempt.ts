/**
 * One request through the stages that serve, offline: `admit`, then all of
 * forwarding that needs no connection. Nothing here decides anything; it hands
 * the request over and keeps what comes back.
 */
import { createTokenFinder } from '../auth/token-source.ts';
import type { AuthConfig, Config } from '../config/config.ts';
import { outgoingOf } from '../outgoing.ts';
import { admit, type Admission, Answer } from '../gateway.ts';
import type { LocalReply } from '../local.ts';
import { Passage } from '../passage.ts';
import type { Plan } from '../plan.ts';
import { Refusal } from '../refusal.ts';
import { normalizePath } from '../route/path.ts';
import type { Picked } from '../upstream/upstream-plan.ts';
import { type RequestHead, UNREADABLE } from '../wire/request-head.ts';
import { type Ask, headOf, withOtherToken, withToken } from './ask.ts';
import { countUsed, openCircuits } from './before.ts';
import { createOfflinePlan, type OfflinePlan } from './offline-plan.ts';
import { type Claims, mintToken, readToken, resealToken } from './throwaway-key.ts';

/** `made up`: the token was made here; `not checked`: it came, and nobody has looked whether its signature fits. */
export type SignatureState = 'none' | 'made up' | 'not checked' | 'checked';

export interface ShownToken {
  readonly signature: SignatureState;
  /** As the stages were shown it. */
  readonly token: string | undefined;
  readonly header: Claims | undefined;
  readonly claims: Claims | undefined;
}

export type Outcome =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** A preflight, or the end of the hops. */
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** A plugin's. */
  | { readonly kind: 'replied'; readonly reply: LocalReply }
  /** An endpoint of the gateway's own. */
  | { readonly kind: 'local' }
  | {
      readonly kind: 'forwarded';
      readonly admission: Admission;
      readonly headText: string;
      /** Whose permit must be given back. */
      readonly picked: Picked;
    };

export interface Attempt {
  readonly plan: Plan;
  readonly passage: Passage;
  readonly head: RequestHead;
  readonly shown: ShownToken;
  readonly outcome: Outcome;
  /** Wall clock. */
  readonly atMs: number;
}

const NO_TOKEN: ShownToken = { signature: 'none', token: undefined, header: undefined, claims: undefined };

/** `keys` are those of the issuers; absent: signatures are not checked. */
export async function attempt(config: Config, ask: Ask, keys: readonly unknown[] | undefined): Promise<Attempt> {
  const { used, open, revoked } = ask.before;
  const offline = createOfflinePlan(config, {
    wallMs: ask.atMs,
    isRevoked: ({ jti }) => typeof jti === 'string' && revoked.includes(jti),
  });
  try {
    // Whose requests they were is known once it is known who asks.
    const caller = used.length === 0 ? undefined : await callerOf(config, ask, keys);
    if (caller !== undefined) countUsed(offline, used, caller);
    openCircuits(offline, open);
    const made = await put(offline, ask, keys);
    if (made.outcome.kind === 'forwarded') {
      const { target, permit } = made.outcome.picked;
      target.release(permit);
    }
    return made;
  } finally {
    offline.close();
  }
}

async function callerOf(config: Config, ask: Ask, keys: readonly unknown[] | undefined): Promise<Passage> {
  const { passage } = await attempt(config, { ...ask, before: { ...ask.before, used: [] } }, keys);
  return passage;
}

/** The same, on a plan that remembers what was put to it before. */
export async function put(offline: OfflinePlan, ask: Ask, keys: readonly unknown[] | undefined): Promise<Attempt> {
  const { plan, clock } = offline;
  const { limits } = plan.config;
  const atMs = clock.wall();
  const peer = plan.openPeer(ask.address, ask.scheme, ask.certificate);
  const bare = headOf(ask, limits);
  if (bare instanceof Refusal) {
    const passage = new Passage(UNREADABLE, plan.originOf(UNREADABLE, peer));
    return { plan, passage, head: UNREADABLE, shown: NO_TOKEN, outcome: { kind: 'refused', refusal: bare }, atMs };
  }
  const { shown, asked, keySet } = await show(ask, authOf(plan, bare), { plan, keys, atMs });
  offline.useKeys(keySet);
  const head = headOf(asked, limits);
  if (head instanceof Refusal) {
    const passage = new Passage(bare, plan.originOf(bare, peer));
    return { plan, passage, head: bare, shown, outcome: { kind: 'refused', refusal: head }, atMs };
  }
  const passage = new Passage(head, plan.originOf(head, peer));
  return { plan, passage, head, shown, outcome: await outcomeOf(plan, passage, head), atMs };
}

async function outcomeOf(plan: Plan, passage: Passage, head: RequestHead): Promise<Outcome> {
  const decision = await admit(plan, passage);
  if (decision instanceof Refusal) return { kind: 'refused', refusal: decision };
  if (decision instanceof Answer) return { kind: 'answered', answer: decision };
  const { upstream, plugins } = decision.route;
  const instead = plugins.onRequest?.(decision);
  if (instead instanceof Refusal) return { kind: 'refused', refusal: instead };
  if (instead !== undefined) return { kind: 'replied', reply: instead };
  if (upstream === undefined) return { kind: 'local' };
  const outgoing = outgoingOf(decision, head, plan);
  if (outgoing instanceof Refusal) return { kind: 'refused', refusal: outgoing };
  const picked = upstream.pick(decision);
  if (picked instanceof Refusal) return { kind: 'refused', refusal: picked };
  return { kind: 'forwarded', admission: decision, headText: outgoing.headText, picked };
}

/** What the route of this request asks of a token; `undefined` where it asks for none. */
function authOf(plan: Plan, head: RequestHead): AuthConfig | undefined {
  const path = normalizePath(head.rawPath);
  const match = path === undefined ? undefined : plan.routes.find(head.host, head.method, path);
  return match?.kind === 'route' ? match.route.config?.auth : undefined;
}

interface Showing {
  readonly shown: ShownToken;
  readonly asked: Ask;
  readonly keySet: readonly unknown[];
}

/** Puts the token where the route looks for it, with keys that it can be checked by. */
async function show(
  ask: Ask,
  auth: AuthConfig | undefined,
  { plan, keys, atMs }: { readonly plan: Plan; readonly keys: readonly unknown[] | undefined; readonly atMs: number },
): Promise<Showing> {
  if (auth === undefined) return { shown: NO_TOKEN, asked: ask, keySet: keys ?? [] };
  const { issuers, source } = auth;
  if (ask.claims !== undefined) {
    const issuer = issuers.find((one) => one.issuer === ask.claims?.iss) ?? issuers[0]!;
    const sealed = await mintToken(ask.claims, issuer, atMs);
    return showing(withToken(ask, sealed.token, source), 'made up', sealed);
  }
  const asked = ask.token === undefined ? ask : withToken(ask, ask.token, source);
  const head = headOf(asked, plan.config.limits);
  const token = head instanceof Refusal ? undefined : createTokenFinder(source)(head);
  if (typeof token !== 'string') return { shown: NO_TOKEN, asked, keySet: keys ?? [] };
  if (keys !== undefined) return showing(asked, 'checked', { token, keys });
  const sealed = await resealToken(token);
  if (sealed === undefined) return showing(asked, 'not checked', { token, keys: [] });
  return showing(withOtherToken(asked, token, sealed.token), 'not checked', sealed);
}

function showing(
  asked: Ask,
  signature: SignatureState,
  { token, keys }: { readonly token: string; readonly keys: readonly unknown[] },
): Showing {
  return { shown: { signature, token, ...readToken(token) }, asked, keySet: keys };
}
