/**
 * Asks a token endpoint for a token of the gateway's own, by client credentials
 * (RFC 6749 §4.4). A token of another type than Bearer, or one that could not
 * stand in a header, is none.
 */
import type { Clock } from '../world.ts';
import type { FetchToken } from './client-token.ts';
import { MAX_TOKEN_LENGTH } from './compact-jws.ts';
import { type ClientAuthentication, createFormPost, type Field } from './post-form.ts';

export interface TokenRequest extends ClientAuthentication {
  readonly scopes: readonly string[];
  /** `audience`, which some servers ask for. */
  readonly audience: string | undefined;
  /** RFC 8707. */
  readonly resources: readonly string[];
}

/** Where the server does not say how long its token is good (RFC 6749 §5.1 only recommends that it does). */
const DEFAULT_LIFE_MS = 300_000;
const MAX_LIFE_MS = 86_400_000;
/** RFC 6750 §2.1. */
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

export function createTokenFetcher(request: TokenRequest, { clock }: { readonly clock: Clock }): FetchToken {
  const { scopes, audience, resources } = request;
  const post = createFormPost(request, { clock });
  const fields: readonly Field[] = [
    ['grant_type', 'client_credentials'],
    ...(scopes.length === 0 ? [] : [['scope', scopes.join(' ')] as const]),
    ...(audience === undefined ? [] : [['audience', audience] as const]),
    ...resources.map((resource) => ['resource', resource] as const),
  ];
  return async () => {
    const { access_token: token, token_type: type, expires_in: seconds } = (await post(fields)).members;
    if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH || !B64TOKEN.test(token)) {
      throw new Error('the answer has no access_token that could be sent');
    }
    if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') throw new Error('the token_type is not Bearer');
    return { token, lifeMs: lifeOf(seconds) };
  };
}

function lifeOf(seconds: unknown): number {
  if (seconds === undefined) return DEFAULT_LIFE_MS;
  if (typeof seconds !== 'number' || seconds < 1) throw new Error('expires_in is not a number of seconds');
  return Math.min(MAX_LIFE_MS, seconds * 1000);
}
