/**
 * The body of a request to an endpoint (RFC 6749 §3.2): form-urlencoded UTF-8,
 * each parameter once. Read strictly, so that no two readers can find different
 * parameters in it.
 */
import { fieldsOf } from '../request.ts';
import type { LocalRequest } from '../local.ts';
import { OAuthError } from './reply.ts';

/** Without those that have no value: they count as left out (RFC 6749 §3.1). */
export type Form = ReadonlyMap<string, string>;

export const MAX_BODY_BYTES = 16 * 1024;
const MAX_PARAMETERS = 32;
const TYPE = /^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i;
const PLUS = /\+/g;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function readForm({ request, body }: Pick<LocalRequest, 'request' | 'body'>): Form | OAuthError {
  const types = fieldsOf(request, 'content-type');
  if (types.length !== 1 || !TYPE.test(types[0]!)) {
    return new OAuthError('invalid_request', 'Send the parameters as application/x-www-form-urlencoded.');
  }
  if (fieldsOf(request, 'content-encoding').length > 0) {
    return new OAuthError('invalid_request', 'Send the parameters without a content coding.');
  }
  const pairs = textOf(body)?.split('&');
  if (pairs === undefined) return new OAuthError('invalid_request', 'The parameters are not UTF-8.');
  if (pairs.length > MAX_PARAMETERS) return new OAuthError('invalid_request', 'There are too many parameters.');
  const form = new Map<string, string>();
  const seen = new Set<string>();
  for (const pair of pairs) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = formDecode(at === -1 ? pair : pair.slice(0, at));
    const value = formDecode(at === -1 ? '' : pair.slice(at + 1));
    if (name === undefined || value === undefined) {
      return new OAuthError('invalid_request', 'A parameter is not form-urlencoded UTF-8.');
    }
    // RFC 8707 lets `resource` come more than once; a token of ours is for one audience.
    if (seen.has(name)) {
      return name === 'resource'
        ? new OAuthError('invalid_target', 'A token is for one resource; ask for one.')
        : new OAuthError('invalid_request', 'A parameter came twice.');
    }
    seen.add(name);
    if (value !== '') form.set(name, value);
  }
  return form;
}

/** RFC 6749 appendix B; `undefined` where it is not the encoding of UTF-8 text. */
export function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replace(PLUS, ' '));
  } catch {
    return undefined;
  }
}

function textOf(body: Uint8Array): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}
