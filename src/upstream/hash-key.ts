/**
 * What of a request decides its target under consistent hashing. Who lacks it,
 * a header or a claim, goes by address. Costs a hash of a short text, and
 * nothing under another strategy.
 */
import { hashOf } from '../breaker/rendezvous.ts';
import { claimAt } from '../claim-at.ts';
import type { BalanceConfig } from '../config/config.ts';
import type { Passage } from '../passage.ts';
import { fieldOf } from '../request.ts';

type Keyed = Pick<Passage, 'request' | 'principal' | 'address'>;

export function createHashKey(balance: BalanceConfig): (passage: Keyed) => number {
  if (balance.strategy !== 'consistent_hash') return () => 0;
  const { by } = balance;
  if (by.kind === 'address') return ({ address }) => hashOf(address);
  if (by.kind === 'header') return ({ request, address }) => hashOf(fieldOf(request, by.name) ?? address);
  return ({ principal, address }) => {
    const value = principal && claimAt(principal.claims, by.path);
    return hashOf(typeof value === 'string' || typeof value === 'number' ? String(value) : address);
  };
}
