/** What `gatehouse why` prints for eyes. */
import type { Why } from '../why/why.ts';

export function whyText(why: Why): string {
  const { stage, status, code, reason, detail, place, limit, counters, token, caller } = why;
  const answer = `${status} ${code}${reason === null ? '' : ` (${reason})`}`;
  const lines = [
    `${why.request_id}: ${why.method} ${why.path} from ${why.address} at ${why.time}`,
    `Refused${stage === null ? '' : ` by ${stage}`}: ${answer}`,
  ];
  if (detail !== null) lines.push(`  ${detail}`);
  if (why.route !== null) lines.push(`Route: ${why.route}`);
  if (place !== null) lines.push(`Configuration: ${place.replace(/:\d+$/, '')}`);
  if (limit !== null) {
    const used = counters && `: ${counters.used} of ${counters.quota} in ${counters.window_s} s used`;
    lines.push(`Limit: ${limit}${used ?? ''}`);
  }
  if (token !== null) {
    const parts = [`issuer ${token.issuer ?? 'none'}`];
    if (token.kid !== null) parts.push(`kid ${token.kid}`);
    if (token.alg !== null) parts.push(`alg ${token.alg}`);
    lines.push(`Token: ${parts.join(', ')}${token.verified ? '' : '; so it says, its signature was not known to fit'}`);
    lines.push(...token.facts.map((fact) => `  ${fact}`));
  }
  const who = [caller.subject, caller.client_id && `client ${caller.client_id}`].filter((one) => one !== null);
  if (who.length > 0) lines.push(`Caller: ${who.join(', ')}`);
  if (why.retry_after_s !== null) lines.push(`It was told to wait ${why.retry_after_s} s.`);
  lines.push(`The caller saw ${answer} and this id, and nothing of the token, the limit or the configuration.`);
  // A name out of a token or a log may hold anything, also what a terminal obeys.
  return lines.map((line) => `${line.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}\n`).join('');
}
