/** Plugins of a route: what is done to the request before it is forwarded. */
import type { InjectedClaim, PluginConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import { isReservedHeader } from './headers.ts';
import { suggestion } from './nearest.ts';
import { readClaimPath } from './patterns.ts';
import { resolveBlocks } from './resolve-listeners.ts';
import { resolveMockResponse } from './resolve-mock-response.ts';
import { NO_EDITS, resolveSetHeaders } from './resolve-set-headers.ts';
import type { PluginValue } from './schema-route.ts';

/** What a certificate can be asked for: src/auth/client-certificate.ts reads them. */
const CERTIFICATE_CLAIMS = ['subject', 'issuer', 'serial', 'fingerprint', 'dns', 'uri', 'email'];
const FROM_CERTIFICATE = 'certificate:';

/** Whose claims there are. */
export interface ClaimSources {
  readonly token: boolean;
  readonly certificate: boolean;
}

export function resolvePlugins(
  values: readonly (PluginValue | undefined)[],
  sources: ClaimSources,
  path: Path,
  report: Report,
): PluginConfig {
  let stripAuthHeader = true;
  let injected: readonly SourcedClaim[] = [];
  let ipAllow: PluginConfig['ipAllow'];
  let mockResponse: PluginConfig['mockResponse'];
  let setHeaders: PluginConfig['setHeaders'] = { request: NO_EDITS, reply: NO_EDITS };
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    const at = [...path, index];
    const names = Object.keys(value);
    if (names.length !== 1) report.error(at, 'a list item is one plugin; begin each with its own `-`');
    for (const name of names) {
      if (seen.has(name)) report.error([...at, name], `\`${name}\` is listed twice; keep one`);
      seen.add(name);
    }
    if (value['strip-auth-header'] !== undefined) stripAuthHeader = value['strip-auth-header'];
    const { 'ip-allow': allowed, 'mock-response': mock } = value;
    if (allowed !== undefined) {
      ipAllow = resolveBlocks(allowed, [...at, 'ip-allow'], report);
      if (allowed.length === 0)
        report.error([...at, 'ip-allow'], 'nobody could call; name a block, or take the plugin out');
    }
    if (mock !== undefined) mockResponse = resolveMockResponse(mock, [...at, 'mock-response'], report);
    const edits = value['set-headers'];
    if (edits !== undefined) setHeaders = resolveSetHeaders(edits, [...at, 'set-headers'], report);
    const plugin = value['inject-claims'];
    if (plugin === undefined) continue;
    injected = resolveHeaders(plugin.headers, [...at, 'inject-claims', 'headers'], report);
    if (!sources.token && (injected.length === 0 || injected.some(({ source }) => source === 'token'))) {
      report.error(
        [...at, 'inject-claims'],
        'there are no claims to inject on a route with `auth: none`; write `auth`, or take the plugin out',
      );
    }
    if (!sources.certificate && injected.some(({ source }) => source === 'certificate')) {
      report.error(
        [...at, 'inject-claims'],
        'callers are not asked for a certificate, so there is none to inject from; write `tls: { client_certificates: … }`',
      );
    }
  }
  const from = (wanted: SourcedClaim['source']): readonly InjectedClaim[] =>
    injected.flatMap(({ source, header, claim }) => (source === wanted ? [{ header, claim }] : []));
  return {
    stripAuthHeader,
    injectClaims: from('token'),
    injectFromCertificate: from('certificate'),
    setHeaders,
    ipAllow,
    mockResponse,
  };
}

interface SourcedClaim extends InjectedClaim {
  readonly source: keyof ClaimSources;
}

function resolveHeaders(
  headers: Readonly<Record<string, string | undefined>> | undefined,
  path: Path,
  report: Report,
): readonly SourcedClaim[] {
  const entries = Object.entries(headers ?? {});
  if (entries.length === 0) report.error(path, '`inject-claims` names no header; write `headers: { X-User-ID: sub }`');
  const spellings = new Map<string, string>();
  return entries.flatMap(([header, text]): SourcedClaim[] => {
    const at = [...path, header];
    // Services turn both `X-User-ID` and `X_User_ID` into one variable.
    const spelling = header.toLowerCase().replaceAll('_', '-');
    const same = spellings.get(spelling);
    if (isReservedHeader(spelling)) {
      report.unknownKey(
        at,
        `the header \`${header}\` is not free for claims: it has a meaning of its own; choose another, as in \`X-User-ID\``,
        undefined,
      );
    } else if (same !== undefined) {
      report.unknownKey(at, `\`${header}\` and \`${same}\` are one header to most services; keep one`, undefined);
    }
    spellings.set(spelling, header);
    if (text?.startsWith(FROM_CERTIFICATE) === true) {
      const claim = text.slice(FROM_CERTIFICATE.length);
      if (!CERTIFICATE_CLAIMS.includes(claim)) {
        report.error(at, `a certificate has no ${report.written(at)}; ${suggestion(claim, CERTIFICATE_CLAIMS)}`);
      }
      return [{ source: 'certificate', header, claim: [claim] }];
    }
    const claim = text === undefined ? undefined : readClaimPath(text);
    if (text !== undefined && claim === undefined) {
      report.error(at, `the claim ${report.written(at)} has an empty part; write names with single dots between them`);
    }
    return claim === undefined ? [] : [{ source: 'token', header, claim }];
  });
}
