/**
 * The head a service sees: the caller's fields but for those that are about the
 * connection, those that claim an identity, and those that only a trusted proxy
 * may set; then what the gateway itself knows. Everything that can be worked out
 * at plan time is; a request costs one pass over its fields and one string.
 */
import type { Passage } from '../passage.ts';
import { fieldOf, fieldsOf } from '../request.ts';
import { keptFields } from '../wire/fields.ts';
import type { RequestHead } from '../wire/request-head.ts';

/** Fields that the gateway writes itself, for a trusted peer too. */
const OWN = ['x-forwarded-for', 'x-request-id', 'traceparent', 'tracestate'];

/** Fields by which an untrusted caller could pose as a proxy, or as having asked for something else. */
const POSES = [
  'forwarded',
  'x-forwarded-by',
  'x-forwarded-host',
  'x-forwarded-method',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-forwarded-uri',
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-original-url',
  'x-original-uri',
  'x-original-host',
  'x-rewrite-url',
];

/** The policy looked at the real method; a service must not be talked into another. */
const METHOD_OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override'];

/** Where the token stood, if it is to be taken off before forwarding. */
export type StrippedToken =
  | { readonly in: 'header'; readonly name: string }
  | { readonly in: 'cookie'; readonly name: string }
  | { readonly in: 'query'; readonly name: string };

export interface UpstreamHeadOptions {
  /** Headers that carry identity on any route: nobody but the gateway sets them. */
  readonly identityHeaders: readonly string[];
  readonly stripToken: StrippedToken | undefined;
  /** The gateway puts an `Authorization` of its own behind the head. */
  readonly ownAuthorization: boolean;
  /** Further names to leave out, and lines to write: the same for every request. */
  readonly edits: { readonly drop: readonly string[]; readonly text: string };
  readonly rewritePath: ((path: string) => string) | undefined;
  /** Makes the test for names to leave out, in any spelling that a server could fold to them. */
  readonly createGuard: (names: readonly string[]) => (lowerName: string) => boolean;
}

/** Writes the head of `passage`, without framing fields and without its last empty line. `injected`: identity, as field lines. */
export type WriteUpstreamHead = (head: RequestHead, passage: Passage, injected: string) => string;

export function createUpstreamHead(options: UpstreamHeadOptions): WriteUpstreamHead {
  const { rewritePath, stripToken, createGuard } = options;
  const always = [...OWN, ...METHOD_OVERRIDES, ...options.identityHeaders, ...options.edits.drop];
  const edited = options.edits.text;
  if (options.ownAuthorization) always.push('authorization');
  if (stripToken?.in === 'header') always.push(stripToken.name);
  if (stripToken?.in === 'cookie') always.push('cookie');
  const dropFromTrusted = createGuard(always);
  const dropFromOthers = createGuard([...always, ...POSES]);

  return (head, passage, injected) => {
    const { peer } = passage;
    const path = rewritePath === undefined ? passage.path : rewritePath(passage.path);
    const query = stripToken?.in === 'query' ? withoutParameter(head.query, stripToken.name) : head.query;
    let text = `${head.method} ${path}${query === undefined ? '' : `?${query}`} HTTP/1.1\r\n`;
    // No host comes only in HTTP/1.0; HTTP/1.1 then wants an empty Host (RFC 9112 §3.2).
    const ownHost = head.absoluteForm || head.host === '';
    if (ownHost) text += `Host: ${head.authority}\r\n`;
    const drop = peer.trusted ? dropFromTrusted : dropFromOthers;
    const countsHops = head.method === 'OPTIONS';
    const dropHere =
      ownHost || countsHops
        ? (name: string) => (ownHost && name === 'host') || (countsHops && name === 'max-forwards') || drop(name)
        : drop;
    text += keptFields(head.text, head.section, head.nominated, dropHere);
    if (countsHops) text += maxForwardsLine(head);
    if (stripToken?.in === 'cookie') text += cookieLine(head, stripToken.name);
    text += forwardedLines(head, passage);
    if (head.acceptsTrailers) text += 'TE: trailers\r\nConnection: TE\r\n';
    // Identity comes last, behind everything that could take it away.
    return text + edited + injected;
  };
}

function forwardedLines(head: RequestHead, { peer, requestId, traceparent, tracestate }: Passage): string {
  const via = `Via: ${head.protocol} gatehouse\r\n`;
  const tail = `X-Request-ID: ${requestId}\r\ntraceparent: ${traceparent}\r\n${tracestate}${via}`;
  if (!peer.trusted) {
    const host = head.authority === '' ? '' : `X-Forwarded-Host: ${head.authority}\r\n`;
    return `X-Forwarded-For: ${peer.address}\r\nX-Forwarded-Proto: ${peer.scheme}\r\n${host}${tail}`;
  }
  const before = fieldsOf(head, 'x-forwarded-for').join(', ');
  let lines = `X-Forwarded-For: ${before === '' ? '' : `${before}, `}${peer.address}\r\n`;
  if (fieldOf(head, 'x-forwarded-proto') === undefined) lines += `X-Forwarded-Proto: ${peer.scheme}\r\n`;
  if (fieldOf(head, 'x-forwarded-host') === undefined && head.authority !== '')
    lines += `X-Forwarded-Host: ${head.authority}\r\n`;
  return lines + tail;
}

/** One hop less, for OPTIONS alone (RFC 9110 §7.6.2). What is no number says nothing. */
function maxForwardsLine(head: RequestHead): string {
  const hops = fieldOf(head, 'max-forwards');
  return hops === undefined || !/^[0-9]{1,9}$/.test(hops) ? '' : `Max-Forwards: ${Math.max(0, Number(hops) - 1)}\r\n`;
}

/** The cookies but for the one that held the token. */
function cookieLine(head: RequestHead, name: string): string {
  const kept = fieldsOf(head, 'cookie')
    .flatMap((field) => field.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && pair.split('=', 1)[0]!.trim() !== name);
  return kept.length === 0 ? '' : `Cookie: ${kept.join('; ')}\r\n`;
}

function withoutParameter(query: string | undefined, name: string): string | undefined {
  if (query === undefined) return undefined;
  const kept = query.split('&').filter((pair) => pair.split('=', 1)[0] !== name);
  return kept.length === 0 ? undefined : kept.join('&');
}
