/** What is known of a token that was not good enough: short, printable, and nothing that would let anybody in. */
import type { AuthConfig, IssuerConfig } from '../config/config.ts';
import { issuerOf, saysSomething } from '../explain/claim-changes.ts';
import { redactShown } from '../explain/redact.ts';
import { type Claims, readToken } from '../explain/throwaway-key.ts';
import { durationText, expiryText, valueText } from '../explain/token-text.ts';
import { scopesNeeded } from '../explain/trace.ts';
import type { Refused } from './refusals.ts';

export interface TokenFacts {
  /** Whether its signature was known to fit. Else anybody may have written what it says. */
  readonly verified: boolean;
  readonly issuer: string | null;
  readonly kid: string | null;
  readonly alg: string | null;
  /** What was wrong, each with what would have been right. */
  readonly facts: readonly string[];
}

/** `null` where no token was looked at, or none that could be read. */
export function tokenFacts(refused: Refused): TokenFacts | null {
  const { unsigned, principal, route } = refused;
  const auth = route?.auth;
  if (auth === undefined || route === undefined) return null;
  const read = unsigned === undefined ? undefined : readToken(`${unsigned}.`);
  const claims = principal?.claims ?? read?.claims;
  if (claims === undefined && read?.header === undefined) return null;
  return {
    verified: principal !== undefined,
    issuer: textOf(claims?.iss),
    kid: textOf(read?.header?.kid),
    alg: textOf(read?.header?.alg),
    facts: factsOf(refused, auth, { claims: claims ?? {}, header: read?.header ?? {} }),
  };
}

function factsOf(
  { refusal, atMs, method, route, principal }: Refused,
  auth: AuthConfig,
  { claims, header }: { readonly claims: Claims; readonly header: Claims },
): readonly string[] {
  const issuer = issuerOf(auth, claims);
  if (refusal.code === 'insufficient_scope') {
    const { allOf = [], anyOf = [] } = scopesNeeded(route!, method) ?? {};
    const needed = [...allOf, ...(anyOf.length > 0 ? [`one of ${anyOf.join(', ')}`] : [])];
    const had = [...(principal?.scopes ?? [])].map((scope) => redactShown(scope));
    return [`scopes needed: ${needed.join(' and ')}`, `scopes had: ${short(had.join(' ')) || 'none'}`];
  }
  switch (refusal.reason) {
    case 'expired':
      return [expiryText(claims, issuer, atMs)];
    case 'not_yet_valid':
      return [notYet(claims, issuer, atMs)];
    case 'issuer':
      return [`issuer seen: ${shown(claims.iss)}`, `wanted: ${auth.issuers.map((one) => one.issuer).join(' or ')}`];
    case 'audience':
      return [`audience seen: ${shown(claims.aud)}`, `wanted: ${issuer.audiences.join(' or ')}`];
    case 'algorithm':
      return [`algorithm seen: ${shown(header.alg)}`, `wanted: ${issuer.algorithms.join(' or ')}`];
    case 'claim':
      return wrongClaims(claims, auth, issuer);
    case 'unknown_key':
      return [`key seen: ${shown(header.kid)}; the key set of ${issuer.name} has none of that name`];
    case 'signature':
      return [`the signature does not fit the key ${shown(header.kid)} of ${issuer.name}`];
    case 'inactive':
      return ['its issuer was asked and did not say that it is active'];
    case 'revoked':
      return [`it was revoked; its jti is ${shown(claims.jti)}`];
    case 'malformed':
    case undefined:
      break;
  }
  return [];
}

function notYet(claims: Claims, { clockSkewMs }: IssuerConfig, atMs: number): string {
  const fromMs = Math.max(numberIn(claims, 'nbf'), numberIn(claims, 'iat')) * 1000;
  return `it begins ${durationText(fromMs - atMs)} later, past the clock skew of ${durationText(clockSkewMs)}`;
}

function wrongClaims(claims: Claims, { requiredClaims }: AuthConfig, issuer: IssuerConfig): readonly string[] {
  const missing = ['exp', ...requiredClaims].filter((name) => !saysSomething(claims[name]));
  const facts = missing.length === 0 ? [] : [`claims missing: ${missing.join(', ')}`];
  const { maxTokenLifetimeMs } = issuer;
  const livesMs = (numberIn(claims, 'exp') - numberIn(claims, 'iat')) * 1000;
  if (maxTokenLifetimeMs !== undefined && livesMs > maxTokenLifetimeMs)
    facts.push(`it lives ${durationText(livesMs)}, at most ${durationText(maxTokenLifetimeMs)} is accepted`);
  if (Object.hasOwn(claims, 'cnf')) facts.push('it is bound to a client certificate');
  return facts;
}

function numberIn(claims: Claims, name: string): number {
  const value = claims[name];
  return typeof value === 'number' ? value : 0;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? short(redactShown(value)) : null;
}

function shown(value: unknown): string {
  return redactShown(valueText(value));
}

const MOST_CHARS = 200;

function short(text: string): string {
  const plain = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return plain.length > MOST_CHARS ? `${plain.slice(0, MOST_CHARS)}…` : plain;
}
