/**
 * `POST /oauth2/token`: client credentials for an access token (RFC 6749 §4.4).
 * What was asked for is checked against what the client may have. While the store
 * is away none is issued: nobody knows whom it has revoked meanwhile.
 */
import type { LocalReply } from '../local.ts';
import type { TrailEvent } from '../store/store.ts';
import { mintToken } from './access-token.ts';
import type { Client } from './clients.ts';
import type { Copy } from './copy.ts';
import type { Call } from './endpoint.ts';
import { jsonReply, OAuthError, failed, unavailable } from './reply.ts';

export const GRANT_TYPE = 'client_credentials';
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export interface TokenParts {
  readonly issuer: string;
  readonly copy: Pick<Copy, 'signer' | 'revocations' | 'current'>;
  readonly note: (event: TrailEvent) => void;
}

export function createTokenCall({ issuer, copy, note }: TokenParts): (call: Call) => Promise<LocalReply | OAuthError> {
  return async ({ client, form, local, now }) => {
    if (!copy.current()) return unavailable('the store is unavailable');
    const grantType = form.get('grant_type');
    if (grantType === undefined) return new OAuthError('invalid_request', 'There is no grant_type.');
    if (grantType !== GRANT_TYPE) {
      return new OAuthError('unsupported_grant_type', `The only grant_type here is ${GRANT_TYPE}.`);
    }
    const scopes = scopesFor(client, form.get('scope'));
    if (scopes instanceof OAuthError) return scopes;
    const audience = audienceFor(client, form.get('resource'));
    if (audience instanceof OAuthError) return audience;

    const { id, tokenTtlMs: ttlMs } = client;
    const subject = { iss: issuer, sub: id, client_id: id };
    const key = copy.signer(now);
    if (key === undefined) return unavailable('no signing key');
    // A token that would be refused everywhere is not handed out.
    if (copy.revocations.isRevoked({ ...subject, iat: Math.floor(now / 1000) })) {
      const stillThen = copy.revocations.isRevoked({ ...subject, iat: Math.floor(now / 1000) + 1 });
      return stillThen ? failed('the client is revoked') : unavailable('all tokens up to this second are revoked');
    }
    const boundTo = local.certificateSha256;
    const { token, claims } = await mintToken({ issuer, client: id, audience, scopes, ttlMs, boundTo }, key, now);
    note({
      at: now,
      kind: 'token_issued',
      client: id,
      jti: claims.jti,
      scopes,
      requestId: local.requestId,
      detail: `for ${audience} (to ${local.address})`,
    });
    return jsonReply({
      access_token: token,
      token_type: 'Bearer',
      expires_in: claims.exp - claims.iat,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    });
  };
}

function scopesFor(client: Client, asked: string | undefined): readonly string[] | OAuthError {
  if (asked === undefined) return client.defaultScopes;
  if (!SCOPE.test(asked)) {
    return new OAuthError('invalid_scope', 'Write scopes with one space between them and none around.');
  }
  const scopes = [...new Set(asked.split(' '))];
  if (scopes.every((scope) => client.scopes.has(scope))) return scopes;
  return new OAuthError('invalid_scope', 'The client may not have all of these scopes.');
}

/** RFC 8707. */
function audienceFor(client: Client, resource: string | undefined): string | OAuthError {
  if (resource === undefined) return client.audiences[0]!;
  if (client.audiences.includes(resource)) return resource;
  return new OAuthError('invalid_target', 'The client may not have tokens for this resource.');
}
