/**
 * A request that nobody sent: what would be on the wire, who would have sent it,
 * when, and what was used up before. Its head is written out and read by the
 * wire's own parser, so that what the wire refuses is refused here too.
 */
import type { X509Certificate } from 'node:crypto';
import type { TokenSource, WireLimits } from '../config/config.ts';
import type { HeaderLine, Refusal } from '../refusal.ts';
import { findHeadEnd } from '../wire/head-end.ts';
import { readRequestHead, type RequestHead } from '../wire/request-head.ts';
import type { Claims } from './throwaway-key.ts';

export interface Ask {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Host, with its port where it has one. */
  readonly authority: string;
  /** Path and query, as they would be sent. */
  readonly target: string;
  readonly fields: readonly HeaderLine[];
  /** Sent as `Content-Length` where the fields do not say. */
  readonly bodyLength: number;
  /** The other end of the connection. */
  readonly address: string;
  readonly certificate: X509Certificate | undefined;
  /** Of a token that is made for it, at the place where the route looks for one. */
  readonly claims: Claims | undefined;
  /** A token that goes to that place as it is. */
  readonly token: string | undefined;
  /** Wall clock. */
  readonly atMs: number;
  readonly before: Before;
}

/** What happened before the request. */
export interface Before {
  /** Requests of the same caller that each limit has counted. */
  readonly used: readonly Used[];
  /** Circuits that opened. */
  readonly open: readonly Opened[];
  /** `jti` of tokens that were revoked. */
  readonly revoked: readonly string[];
}

export interface Used {
  readonly limit: string;
  readonly count: number;
  readonly agoMs: number;
}

export interface Opened {
  readonly upstream: string;
  readonly agoMs: number;
}

export const NOTHING_BEFORE: Before = { used: [], open: [], revoked: [] };

const URL_FORM = /^(https?):\/\/([^/?#]+)([^#]*)/i;

/** The parts of a URL, its path untouched: what `..` in it comes to is the gateway's to say. `undefined` where it is none. */
export function readUrl(url: string): Pick<Ask, 'scheme' | 'authority' | 'target'> | undefined {
  const [, scheme, authority, target] = URL_FORM.exec(url) ?? [];
  if (scheme === undefined || authority === undefined || target === undefined) return undefined;
  return {
    scheme: scheme.toLowerCase() as Ask['scheme'],
    authority,
    target: target.startsWith('/') ? target : `/${target}`,
  };
}

export function headOf(ask: Ask, limits: WireLimits): RequestHead | Refusal {
  const named = (name: string): boolean => ask.fields.some(([one]) => one.toLowerCase() === name);
  let text = `${ask.method} ${ask.target} HTTP/1.1\r\n`;
  if (!named('host')) text += `Host: ${ask.authority}\r\n`;
  for (const [name, value] of ask.fields) text += `${name}: ${value}\r\n`;
  if (ask.bodyLength > 0 && !named('content-length') && !named('transfer-encoding'))
    text += `Content-Length: ${ask.bodyLength}\r\n`;
  const bytes = Buffer.from(`${text}\r\n`);
  // A whole head: it has an end, or is too long.
  const end = findHeadEnd(bytes, 0, limits)!;
  return typeof end === 'number' ? readRequestHead(bytes, end, limits) : end;
}

/** The request with `token` where the route looks for one. */
export function withToken(ask: Ask, token: string, source: TokenSource): Ask {
  if (source.in === 'query') {
    const sign = ask.target.includes('?') ? '&' : '?';
    return { ...ask, target: `${ask.target}${sign}${source.name}=${token}` };
  }
  const line: HeaderLine =
    source.in === 'cookie'
      ? ['Cookie', `${source.name}=${token}`]
      : [source.name, source.scheme === undefined ? token : `${source.scheme} ${token}`];
  return { ...ask, fields: [...ask.fields, line] };
}

/** The request with one token in the place of another, wherever that stands. */
export function withOtherToken(ask: Ask, token: string, other: string): Ask {
  return {
    ...ask,
    target: ask.target.replaceAll(token, other),
    fields: ask.fields.map(([name, value]) => [name, value.replaceAll(token, other)]),
  };
}

/** The request without what stands where the route looks for a token. */
export function withoutToken(ask: Ask, source: TokenSource): Ask {
  if (source.in === 'query') {
    const [path, query] = splitTarget(ask.target);
    const kept = (query ?? '').split('&').filter((pair) => pair.split('=', 1)[0] !== source.name);
    return { ...ask, token: undefined, target: kept.join('&') === '' ? path : `${path}?${kept.join('&')}` };
  }
  const name = source.in === 'cookie' ? 'cookie' : source.name;
  return { ...ask, token: undefined, fields: ask.fields.filter(([one]) => one.toLowerCase() !== name) };
}

export function splitTarget(target: string): readonly [path: string, query: string | undefined] {
  const at = target.indexOf('?');
  return at === -1 ? [target, undefined] : [target.slice(0, at), target.slice(at + 1)];
}
