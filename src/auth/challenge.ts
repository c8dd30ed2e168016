/**
 * Every answer to a token that is missing or bad, made once for each
 * authenticator (RFC 6750 §3). The realm comes from the configuration, never
 * from the request, and no text quotes what was sent.
 */
import { type Refusal, type TokenFault, refuse } from '../refusal.ts';

const DETAILS: Readonly<Record<TokenFault, string>> = {
  expired: 'The token has expired; get a new one.',
  not_yet_valid: 'The token is not valid yet; compare the clocks of this host and the issuer.',
  signature: 'The signature does not fit the token.',
  unknown_key: 'The issuer has no such signing key.',
  issuer: 'The token is from another issuer than this route accepts.',
  audience: 'The token is meant for another audience.',
  claim: 'A claim is missing or is not what this route requires.',
  algorithm: 'The token is signed with an algorithm that this route, or the key, does not allow.',
  malformed: 'This is not a well-formed signed token.',
  revoked: 'The token has been revoked.',
  inactive: 'The token is not active: it is over, was revoked, or never was.',
};

export interface Challenges {
  /** No token came, or none under the scheme that is asked for: a bare challenge without an error code. */
  readonly missing: Refusal;
  /** More than one token, so none that is certain. */
  readonly ambiguous: Refusal;
  readonly invalid: Readonly<Record<TokenFault, Refusal>>;
  /** The token is bound to a client certificate, and this is not it. */
  readonly misbound: Refusal;
  /** `invalid_token` for a claim that the configuration names. */
  readonly withoutClaim: (name: string) => Refusal;
}

export function createChallenges(realm: string): Challenges {
  const bare = `Bearer realm=${quoted(realm)}`;
  const invalid = (reason: TokenFault, detail: string) =>
    refuse('invalid_token', {
      reason,
      detail,
      headers: [['WWW-Authenticate', `${bare}, error="invalid_token", error_description=${quoted(detail)}`]],
    });
  const ambiguous = 'Send exactly one token, in one place.';
  return {
    missing: refuse('missing_token', {
      detail: 'This route needs a bearer token.',
      headers: [['WWW-Authenticate', bare]],
    }),
    ambiguous: refuse('malformed_request', {
      detail: ambiguous,
      headers: [['WWW-Authenticate', `${bare}, error="invalid_request", error_description=${quoted(ambiguous)}`]],
    }),
    invalid: Object.fromEntries(
      Object.entries(DETAILS).map(([reason, detail]) => [reason, invalid(reason as TokenFault, detail)]),
    ) as Record<TokenFault, Refusal>,
    misbound: invalid('claim', 'The token is bound to a client certificate, which this connection did not show.'),
    withoutClaim: (name) =>
      invalid('claim', `The claim '${name}' is missing or empty, or of a kind that names nothing.`),
  };
}

/** A quoted-string (RFC 9110 §5.6.4); what it cannot hold becomes `?`. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
