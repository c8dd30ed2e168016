/**
 * Finds the token in a request: in the one place the route names, and nowhere
 * else. Compiled at plan time. Two tokens are as bad as none, because what
 * stands behind us might read the other one.
 */
import type { Request } from '../request.ts';

export type TokenSource =
  | { readonly in: 'header'; readonly name: string; readonly scheme: string | undefined }
  | { readonly in: 'cookie'; readonly name: string }
  | { readonly in: 'query'; readonly name: string };

/** The token; `undefined` where none came; `null` where more than one did. */
export type FindToken = (request: Request) => string | undefined | null;

export function createTokenFinder(source: TokenSource): FindToken {
  if (source.in === 'header') return fromHeader(source.name, source.scheme);
  return source.in === 'cookie' ? fromCookie(source.name) : fromQuery(source.name);
}

function fromHeader(name: string, scheme: string | undefined): FindToken {
  return ({ names, values }) => {
    const at = names.indexOf(name);
    if (at === -1) return undefined;
    if (names.includes(name, at + 1)) return null;
    const value = values[at]!;
    const token = scheme === undefined ? value : afterScheme(value, scheme);
    return token === '' ? undefined : token;
  };
}

const LIST = /^[\w\-.~+/=]*[, \t][\w\-.~+/=, \t]*$/;

/**
 * Whether this is several tokens (RFC 6750 §2.1) with commas or white space
 * between them. Asked only of what is no token, so that a good one is not read for it.
 */
export function isTokenList(text: string): boolean {
  return LIST.test(text);
}

/** `scheme 1*SP token`; the scheme in any case (RFC 9110 §11.1, §11.4). */
function afterScheme(value: string, scheme: string): string | undefined {
  let at = scheme.length;
  if (value.charCodeAt(at) !== SPACE || value.slice(0, at).toLowerCase() !== scheme) return undefined;
  while (value.charCodeAt(at) === SPACE) at++;
  return value.slice(at);
}

const SPACE = 0x20;

function fromCookie(name: string): FindToken {
  return ({ names, values }) => {
    let token: string | undefined;
    for (let at = names.indexOf('cookie'); at !== -1; at = names.indexOf('cookie', at + 1)) {
      for (const pair of values[at]!.split(';')) {
        const equals = pair.indexOf('=');
        // Trimmed, because a server behind us may trim: a look-alike must count as the second.
        if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
        if (token !== undefined) return null;
        token = pair.slice(equals + 1).trim();
      }
    }
    return token === '' ? undefined : token;
  };
}

/** Names and values are compared as they came: a token needs no escape, so an escaped one is somebody's trick. */
function fromQuery(name: string): FindToken {
  const prefix = `${name}=`;
  return ({ query }) => {
    if (query === undefined) return undefined;
    let token: string | undefined;
    for (let start = 0; start <= query.length;) {
      const ampersand = query.indexOf('&', start);
      const end = ampersand === -1 ? query.length : ampersand;
      if (query.startsWith(prefix, start) && start + prefix.length <= end) {
        if (token !== undefined) return null;
        token = query.slice(start + prefix.length, end);
      }
      start = end + 1;
    }
    return token === '' ? undefined : token;
  };
}
