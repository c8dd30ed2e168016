/** Text of a request made fit for a screen, a log or a ticket: no token, no cookie, no password. */
import { maskQuery } from '../log/access-log.ts';
import { splitTarget } from './ask.ts';

/** Fields whose whole value is a secret. */
const SECRET = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key']);
/** What begins like a JOSE header in base64url: a token, wherever it stands. */
const TOKEN_LIKE = /eyJ[\w-]{5,}(?:\.[\w-]*)*/g;
const HIDDEN = '***';

export interface Redaction {
  /** The token that was shown, if one was. */
  readonly token: string | undefined;
  readonly sensitiveQuery: readonly string[];
}

export function redactField(name: string, value: string, redaction: Redaction): string {
  return SECRET.has(name.toLowerCase()) ? HIDDEN : redactText(value, redaction);
}

/** Path and query. */
export function redactTarget(target: string, redaction: Redaction): string {
  const [path, query] = splitTarget(target);
  const sensitive = new Set(redaction.sensitiveQuery.map((name) => name.toLowerCase()));
  return redactText(query === undefined ? path : `${path}?${maskQuery(query, sensitive)}`, redaction);
}

/** Text of unknown origin that goes to a screen, where no token is at hand to look for. */
export function redactShown(text: string): string {
  return text.replaceAll(TOKEN_LIKE, HIDDEN);
}

function redactText(text: string, { token }: Redaction): string {
  const without = token === undefined ? text : text.replaceAll(token, HIDDEN);
  return redactShown(without);
}
