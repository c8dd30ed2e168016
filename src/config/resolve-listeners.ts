/** The gateway's own side: where it listens, whom it trusts, what a caller may send and for how long, what is logged. */
import { readBlock, readListen } from './addresses.ts';
import type { Config, ListenAddress, LogConfig, RouteConfig, WireLimits, WireTimeouts } from './config.ts';
import type { Path, Report } from './faults.ts';
import type { Surroundings } from './files.ts';
import { resolveSecretHash } from './resolve-secret.ts';
import type { FileValue } from './schema.ts';
import { durationMs, sizeBytes } from './units.ts';

export function resolveListeners(
  value: FileValue,
  around: Surroundings,
): Pick<Config, 'listen' | 'redirect' | 'http2' | 'admin'> {
  const { report } = around;
  const read = (text: string, path: Path) => {
    const listen = readListen(text);
    if (typeof listen !== 'string') return listen;
    report.error(path, `the address ${report.written(path)} cannot be used; ${listen}`);
    return { host: '127.0.0.1', port: 0 };
  };
  const path = ['admin', 'listen'];
  const listen = read(value.listen, ['listen']);
  const admin = read(value.admin.listen, path);
  if (isTaken(admin, listen)) {
    report.error(path, '`admin.listen` and `listen` are the same port; choose another for one of them');
  }
  const redirect = value.redirect === undefined ? undefined : read(value.redirect, ['redirect']);
  if (redirect !== undefined && value.tls === undefined && !report.isFaulty(['tls'])) {
    report.error(['redirect'], '`redirect` sends callers to TLS, and there is no `tls`; write it, or leave this out');
  }
  if (redirect !== undefined && (isTaken(redirect, listen) || isTaken(redirect, admin))) {
    report.error(['redirect'], '`redirect` is the port of `listen` or of `admin.listen`; choose another');
  }
  if (value.http2.cleartext && value.tls !== undefined) {
    report.error(
      ['http2', 'cleartext'],
      '`cleartext` is HTTP/2 without TLS, and with `tls` nothing else is spoken; leave one of them out',
    );
  }
  const tokenSha256 = resolveSecretHash(value.admin.token, 'admin token', ['admin', 'token'], around);
  return { listen, redirect, http2: value.http2, admin: { listen: admin, tokenSha256 } };
}

function isTaken(one: ListenAddress, other: ListenAddress): boolean {
  if (one.port === 0 || one.port !== other.port) return false;
  return one.host === other.host || isWildcard(one.host) || isWildcard(other.host);
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

export function resolveBlocks(
  texts: readonly (string | undefined)[],
  listPath: Path,
  report: Report,
): readonly string[] {
  return texts.flatMap((text, index) => {
    if (text === undefined) return [];
    const path = [...listPath, index];
    const read = readBlock(text);
    if (typeof read === 'string') {
      report.error(path, `the block ${report.written(path)} cannot be used; ${read}`);
      return [];
    }
    return [read.block];
  });
}

export function resolveWireLimits(value: FileValue['limits'], report: Report): WireLimits {
  const limits = {
    maxConnections: value.connections,
    maxPerAddress: value.connections_per_address,
    requestLineBytes: sizeBytes(value.request_line),
    headBytes: sizeBytes(value.head),
    headFields: value.head_fields,
    bodyBytes: sizeBytes(value.body),
  };
  if (limits.requestLineBytes > limits.headBytes) {
    report.error(
      ['limits', 'request_line'],
      `the request line may be ${value.request_line} but the head, which it is part of, only ${value.head}; raise \`head\``,
    );
  }
  return limits;
}

export function resolveTimeouts(value: FileValue['timeouts']): WireTimeouts {
  return {
    headMs: durationMs(value.head),
    bodyMs: durationMs(value.body),
    idleMs: durationMs(value.idle),
    totalMs: durationMs(value.total),
  };
}

/** Logged as `***` on every route, whether or not the file says so. */
const SENSITIVE_QUERY = [
  'access_token',
  'api_key',
  'apikey',
  'assertion',
  'client_assertion',
  'client_secret',
  'code',
  'id_token',
  'jwt',
  'key',
  'password',
  'refresh_token',
  'secret',
  'sig',
  'signature',
  'token',
];

export function resolveLog(value: FileValue['log'], routes: readonly RouteConfig[]): LogConfig {
  const written = value.sensitive_query.filter((name) => name !== undefined);
  const tokens = routes.flatMap(({ auth }) => (auth?.source.in === 'query' ? [auth.source.name] : []));
  return {
    access: value.access,
    level: value.level,
    sensitiveQuery: [...new Set([...SENSITIVE_QUERY, ...written, ...tokens])],
  };
}
