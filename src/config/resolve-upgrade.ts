/**
 * What a route lets go on for as long as it likes: bodies without end, and
 * WebSocket. A browser opens a WebSocket for any page and sends the cookies with
 * it, and shows its certificate: so who lets those speak must say which pages may.
 */
import type { RouteConfig, WebSocketConfig } from './config.ts';
import { quoteKey, type Path, type Report } from './faults.ts';
import type { RouteValue } from './schema-route.ts';
import { durationMs } from './units.ts';

const TUNNEL_IDLE = '5m';

/** Why a protocol that some would name is not offered. */
const NOT_OFFERED: ReadonlyMap<string, string> = new Map([
  ['h2c', 'requests in it would pass every check by'],
  ['tls', 'requests in it would pass every check by; write `tls` for the file'],
]);

export function resolveStreaming(value: RouteValue, path: Path, report: Report): boolean {
  if (value.streaming && value.timeouts?.total !== undefined) {
    report.error(
      [...path, 'timeouts', 'total'],
      '`streaming` takes the total time limit away, and `total` sets one; keep one of them',
    );
  }
  return value.streaming;
}

export function resolveUpgrade(
  value: RouteValue,
  route: Pick<RouteConfig, 'methods' | 'auth' | 'cors' | 'clientCertificate' | 'plugins'>,
  path: Path,
  report: Report,
): WebSocketConfig | undefined {
  const { methods, auth, cors } = route;
  const at = [...path, 'upgrade'];
  if (value.upgrade === undefined) {
    reportUnused(value, path, report);
    return undefined;
  }
  for (const [index, protocol] of value.upgrade.entries()) {
    if (protocol === undefined || protocol.toLowerCase() === 'websocket') continue;
    const why = NOT_OFFERED.get(protocol.toLowerCase());
    const reason = why === undefined ? '' : `: ${why}`;
    report.error([...at, index], `${quoteKey(protocol)} is not offered${reason}; write \`websocket\``);
  }
  if (value.upgrade.length === 0) {
    report.error(at, '`upgrade` is an empty list; write `[websocket]`, or leave the key out');
  }
  if (methods.length > 0 && !methods.includes('GET')) {
    report.error(at, 'a WebSocket is opened by GET, which the route does not serve; add it to its methods');
  }
  if (auth?.source.in === 'cookie') reportOpenToPages(cors, at, report);
  else if (auth === undefined && looksAtCertificate(route)) warnOfPages(cors, at, report);
  return {
    idleMs: durationMs(value.timeouts?.tunnel_idle ?? TUNNEL_IDLE),
    closeOnExpiry: value.close_on_expiry ?? true,
  };
}

function reportUnused(value: RouteValue, path: Path, report: Report): void {
  const keys = [
    [[...path, 'close_on_expiry'], value.close_on_expiry],
    [[...path, 'timeouts', 'tunnel_idle'], value.timeouts?.tunnel_idle],
  ] as const;
  for (const [at, written] of keys) {
    if (written === undefined) continue;
    report.error(at, `${quoteKey(String(at.at(-1)))} is about WebSockets; write \`upgrade: [websocket]\` beside it`);
  }
}

/** Cross-site WebSocket hijacking (RFC 6455 §10.2): no preflight stands before a handshake, and no page is kept from reading. */
function reportOpenToPages(cors: RouteConfig['cors'], at: Path, report: Report): void {
  if (cors !== undefined && !cors.origins.includes('*')) return;
  const whose = cors === undefined ? 'no `cors` says which pages may' : '`cors` lets any page';
  report.error(
    at,
    `browsers send the cookie with the token along when a page opens a WebSocket, and ${whose}; write \`cors: { origins: [https://app.example.com], credentials: true }\` with the origins of your own pages`,
  );
}

function looksAtCertificate({ clientCertificate, plugins }: Pick<RouteConfig, 'clientCertificate' | 'plugins'>) {
  return clientCertificate !== undefined || plugins.injectFromCertificate.length > 0;
}

/** The same, where callers are as likely programs, who need no `cors`. */
function warnOfPages(cors: RouteConfig['cors'], path: Path, report: Report): void {
  if (cors !== undefined && !cors.origins.includes('*')) return;
  report.warning(
    path,
    'a browser shows its certificate for any page that opens a WebSocket, and nothing else says who calls; write `auth`, or `cors: { origins: [https://app.example.com] }` with the origins of your own pages, or the gateway’s own if there are none',
  );
}
