/**
 * Who may change anything by the admin port: whoever shows the token of the
 * configuration. Only its SHA-256 is known, and digests are compared, in a time
 * that says nothing of how much fitted. Without a token nobody may.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Given the value of `Authorization`. `off`: there is no token that would do. */
export type CheckAdminToken = (authorization: string | undefined) => 'good' | 'bad' | 'off';

const BEARER = /^bearer +([\x21-\x7e]+)$/i;

export function createAdminTokenCheck(tokenSha256: string | undefined): CheckAdminToken {
  if (tokenSha256 === undefined) return () => 'off';
  const wanted = Buffer.from(tokenSha256, 'hex');
  return (authorization) => {
    const shown = BEARER.exec(authorization ?? '')?.[1] ?? '';
    return timingSafeEqual(createHash('sha256').update(shown).digest(), wanted) ? 'good' : 'bad';
  };
}
