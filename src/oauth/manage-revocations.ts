/**
 * Revoking, at any grain, of this issuer or another; and what a revocation would
 * cut off, told from the trail before it is done.
 */
import { randomUUID } from 'node:crypto';
import type { Store, StoredRevocation, TrailEvent } from '../store/store.ts';
import type { Desk } from './desk.ts';

export type WantedRevocation = Pick<
  StoredRevocation,
  'issuer' | 'grain' | 'value' | 'issuedUntil' | 'expiresAt' | 'reason'
>;

/** Durable when it resolves. */
export async function revokeTokens(desk: Desk, wanted: WantedRevocation): Promise<StoredRevocation> {
  const now = desk.now();
  const revocation: StoredRevocation = { ...wanted, id: randomUUID(), by: desk.by, createdAt: now };
  await desk.store.addRevocation(revocation);
  const { issuer, grain, value, issuedUntil, reason } = revocation;
  desk.note({
    at: now,
    kind: 'revoked',
    issuer,
    client: grain === 'client' ? value : undefined,
    subject: grain === 'subject' ? value : undefined,
    jti: grain === 'token' ? value : undefined,
    by: desk.by,
    detail: `${grain}, issued until ${new Date(issuedUntil).toISOString()}: ${reason}`,
  });
  return revocation;
}

/** Calls that are alike: what such tokens were used for of late. */
export interface CutOff {
  readonly client: string | undefined;
  readonly subject: string | undefined;
  readonly route: string | undefined;
  readonly calls: number;
  readonly lastAt: number;
}

/** Reads the calls since `since`: no token that is still good was first used before. */
export async function previewRevocation(
  store: Pick<Store, 'trail'>,
  wanted: Pick<WantedRevocation, 'issuer' | 'grain' | 'value'>,
  since: number,
): Promise<readonly CutOff[]> {
  const found = new Map<string, CutOff>();
  const query = { kinds: ['call'], since, ...(wanted.grain === 'client' && { client: wanted.value }) };
  for await (const { event } of store.trail(query)) {
    if (event.refusal !== undefined || !concerns(wanted, event)) continue;
    const { client, subject, route, at } = event;
    const key = JSON.stringify([client, subject, route]);
    const calls = (found.get(key)?.calls ?? 0) + 1;
    found.set(key, { client, subject, route, calls, lastAt: at });
  }
  return [...found.values()];
}

function concerns(
  { issuer, grain, value }: Pick<WantedRevocation, 'issuer' | 'grain' | 'value'>,
  event: TrailEvent,
): boolean {
  if (event.issuer !== issuer) return false;
  if (grain === 'issuer') return true;
  return (grain === 'client' ? event.client : grain === 'subject' ? event.subject : event.jti) === value;
}
