/**
 * One JSON line for every request that was answered, and one only. What a route
 * fixes is text before the first request comes; the rest is appended to it, about
 * a microsecond a line. No token, secret or value of a sensitive query
 * parameter is ever in it.
 */
import { jsonText, jsonTextOrNull } from './json-text.ts';
import { createTimestamp } from './time.ts';

/** What is the same for all requests of a route. Made by `routeText`. */
export interface RouteText {
  readonly route: string;
  /** As JSON: the upstream's name. */
  readonly upstream: string;
}

export interface AccessEntry {
  readonly wallMs: number;
  // Three that are plain by their making: from `keepRequestId`, a token (RFC 9110 §5.6.2), an IP address.
  readonly requestId: string;
  readonly method: string;
  readonly address: string;
  readonly path: string;
  readonly query: string | undefined;
  readonly route: RouteText;
  readonly status: number;
  readonly durationMs: number;
  /** How long the upstream took to answer; `undefined` where it was not asked. */
  readonly upstreamMs: number | undefined;
  readonly subject: string | undefined;
  readonly clientId: string | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Present if and only if the gateway itself gave the answer. */
  readonly refusal:
    | {
        readonly code: string;
        readonly reason: string | undefined;
        /** The name of the limit that is used up. */
        readonly limit: string | undefined;
      }
    | undefined;
  /** Which stage refused. A plain word; present where `refusal` is. */
  readonly stage: string | undefined;
  /** Present where the exchange became a tunnel: why that ended. A plain word. */
  readonly tunnelEnd: string | undefined;
}

export type AccessLog = (entry: AccessEntry) => void;

export function routeText(routeName: string | undefined, upstreamName: string | undefined): RouteText {
  return { route: `,"route":${jsonTextOrNull(routeName)},"status":`, upstream: jsonTextOrNull(upstreamName) };
}

export function createAccessLog(write: (line: string) => void, sensitiveQuery: readonly string[]): AccessLog {
  const timestamp = createTimestamp();
  const sensitive = new Set(sensitiveQuery.map((name) => name.toLowerCase()));
  return (entry) => {
    const { query, upstreamMs, refusal, tunnelEnd } = entry;
    const path = query === undefined ? entry.path : `${entry.path}?${maskQuery(query, sensitive)}`;
    write(
      `{"time":"${timestamp(entry.wallMs)}","request_id":"${entry.requestId}","method":"${entry.method}"` +
        `,"path":${jsonText(path)}${entry.route.route}${entry.status},"duration_ms":${tenths(entry.durationMs)}` +
        `,"upstream":${upstreamMs === undefined ? 'null' : entry.route.upstream}` +
        `,"upstream_ms":${upstreamMs === undefined ? 'null' : tenths(upstreamMs)}` +
        `,"address":"${entry.address}","subject":${jsonTextOrNull(entry.subject)}` +
        `,"client_id":${jsonTextOrNull(entry.clientId)},"bytes_in":${entry.bytesIn},"bytes_out":${entry.bytesOut}` +
        `${refusal === undefined ? '' : refusalText(refusal, entry.stage)}${tunnelEnd === undefined ? '' : `,"tunnel_end":"${tunnelEnd}"`}}\n`,
    );
  };
}

function refusalText({ code, reason, limit }: NonNullable<AccessEntry['refusal']>, stage: string | undefined): string {
  const why = reason === undefined ? '' : `,"reason":"${reason}"`;
  return `,"refusal":"${code}","stage":"${stage}"${why}${limit === undefined ? '' : `,"limit":${jsonText(limit)}`}`;
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** The query with `***` for the value of every parameter in `sensitive` (lower-case names). */
export function maskQuery(query: string, sensitive: ReadonlySet<string>): string {
  if (sensitive.size === 0) return query;
  let masked = '';
  let kept = 0;
  for (let from = 0; from < query.length;) {
    const to = parameterEnd(query, from);
    const equals = query.indexOf('=', from);
    if (equals !== -1 && equals < to && sensitive.has(parameterName(query.slice(from, equals)))) {
      masked += `${query.slice(kept, equals + 1)}***`;
      kept = to;
    }
    from = to + 1;
  }
  return kept === 0 ? query : masked + query.slice(kept);
}

/** Some services split at `;` too: what they take for a parameter must not be readable either. */
function parameterEnd(query: string, from: number): number {
  for (let at = from; at < query.length; at++) {
    const code = query.charCodeAt(at);
    if (code === 0x26 || code === 0x3b) return at;
  }
  return query.length;
}

function parameterName(name: string): string {
  if (!name.includes('%')) return name.toLowerCase();
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    // Bytes that are no UTF-8 decode to none of the names.
    return name;
  }
}
