/** Plugins of a route: what is done to the request before it is forwarded. */
import type { PluginConfig, RouteConfig } from './config.ts';
import type { Path, Report } from './faults.ts';
import { isReservedHeader } from './headers.ts';
import { readClaimPath } from './patterns.ts';
import type { PluginValue } from './schema-route.ts';

/** `guarded`: whether the route has a principal whose claims there are. */
export function resolvePlugins(
  values: readonly (PluginValue | undefined)[],
  guarded: boolean,
  path: Path,
  report: Report,
): PluginConfig {
  let stripAuthHeader = true;
  let injectClaims: PluginConfig['injectClaims'] = [];
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
    const injected = value['inject-claims'];
    if (injected === undefined) continue;
    if (!guarded) {
      report.error(
        [...at, 'inject-claims'],
        'there are no claims to inject on a route with `auth: none`; write `auth`, or take the plugin out',
      );
    }
    injectClaims = resolveHeaders(injected.headers, [...at, 'inject-claims', 'headers'], report);
  }
  return { stripAuthHeader, injectClaims };
}

function resolveHeaders(
  headers: Readonly<Record<string, string | undefined>> | undefined,
  path: Path,
  report: Report,
): RouteConfig['plugins']['injectClaims'] {
  const entries = Object.entries(headers ?? {});
  if (entries.length === 0) report.error(path, '`inject-claims` names no header; write `headers: { X-User-ID: sub }`');
  const spellings = new Map<string, string>();
  return entries.flatMap(([header, text]) => {
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
    const claim = text === undefined ? undefined : readClaimPath(text);
    if (text !== undefined && claim === undefined) {
      report.error(at, `the claim ${report.written(at)} has an empty part; write names with single dots between them`);
    }
    return claim === undefined ? [] : [{ header, claim }];
  });
}
