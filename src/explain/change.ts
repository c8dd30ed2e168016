/**
 * A change of a request that could turn a refusal: what to do, in words, and the
 * request with it done.
 */
import type { AuthConfig } from '../config/config.ts';
import type { Ask } from './ask.ts';
import type { Claims } from './throwaway-key.ts';

export type ChangeKind = 'wait' | 'token' | 'claim' | 'scope' | 'method' | 'host' | 'path' | 'header' | 'body';

export interface Change {
  readonly kind: ChangeKind;
  /** What to do, in words. */
  readonly text: string;
  readonly apply: (ask: Ask) => Ask;
}

/** Another token, with exactly these claims and what every token has. */
export type ReplaceToken = (auth: AuthConfig, claims: Claims, text: string, kind?: ChangeKind) => Change;

export function waitChange(ms: number, text: string): Change {
  return { kind: 'wait', text, apply: (ask) => ({ ...ask, atMs: ask.atMs + ms, before: later(ask.before, ms) }) };
}

/** What happened before is longer ago then. */
function later({ used, open, revoked }: Ask['before'], ms: number): Ask['before'] {
  const after = <T extends { readonly agoMs: number }>(one: T): T => ({ ...one, agoMs: one.agoMs + ms });
  return { used: used.map(after), open: open.map(after), revoked };
}

export function issuerNames({ issuers }: AuthConfig): string {
  return issuers.map(({ issuer }) => issuer).join(' or ');
}
