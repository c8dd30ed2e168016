/**
 * What a route asks of a caller: from `auth` to issuer, claims, scopes and the
 * place of the token. Nothing here may turn a slip into "no check": what is not
 * understood is an error, never an empty rule.
 */
import type { AuthConfig, IssuerConfig, RouteConfig, TokenSource } from './config.ts';
import type { Path, Report } from './faults.ts';
import { FRAMING_HEADERS } from './headers.ts';
import type { References } from './references.ts';
import { narrowIssuer, resolveIssuer } from './resolve-issuers.ts';
import { resolveScopes } from './resolve-scopes.ts';
import type { AuthValue } from './schema-auth.ts';

export interface ResolvedAuth {
  readonly auth: AuthConfig | undefined;
  /** The route's, or the ones its scopes name: a method without a rule is not served. */
  readonly methods: RouteConfig['methods'];
}

/** `auth` is `undefined` where it is at fault, which is then reported. */
export function resolveAuth(
  value: AuthValue,
  methods: readonly string[],
  {
    path,
    issuers,
    report,
  }: { readonly path: Path; readonly issuers: References<IssuerConfig>; readonly report: Report },
): ResolvedAuth {
  const issuer = issuerOf(value, path, issuers, report);
  const source = resolveSource(value.token_source ?? 'Authorization: Bearer', [...path, 'token_source'], report);
  const scopes = resolveScopes(value.scopes, methods, [...path, 'scopes'], report);
  const requiredClaims = (value.required_claims ?? []).filter((claim) => claim !== undefined);
  const auth = issuer &&
    source && { issuer, requiredClaims, source, scopes: scopes.scopes, scopesByMethod: scopes.scopesByMethod };
  return { auth, methods: scopes.methods };
}

function issuerOf(
  value: AuthValue,
  path: Path,
  issuers: References<IssuerConfig>,
  report: Report,
): IssuerConfig | undefined {
  const at = [...path, 'issuer'];
  if (value.issuer === undefined) {
    report.error(at, '`auth` names no issuer; write `issuer: NAME` of one of `issuers`, or `issuer` and `jwks_uri`');
    return undefined;
  }
  const known = issuers.has(value.issuer);
  if (value.jwks_uri !== undefined && !known) {
    // `issuer: mian` with a `jwks_uri` beside it would be an issuer that signs nothing: at worst, nobody gets in.
    return resolveIssuer(value.issuer, value, path, report);
  }
  if (!known && value.issuer.includes('://')) {
    report.error(
      [...path, 'jwks_uri'],
      'an issuer written out needs its `jwks_uri`; write it, or the name of one of `issuers`',
    );
    return undefined;
  }
  for (const key of ['jwks_uri', 'jwks_ttl', 'max_stale'] as const) {
    if (known && value[key] !== undefined) {
      report.error(
        [...path, key],
        `\`${key}\` belongs to the key set that routes share; write it under \`issuers.${value.issuer}\``,
      );
    }
  }
  const issuer = issuers.find(value.issuer, at);
  return issuer && narrowIssuer(issuer, value, path, report);
}

function resolveSource(text: string, path: Path, report: Report): TokenSource | undefined {
  const [left = '', right] = text.split(/: ?/);
  const name = left.toLowerCase();
  if (name === 'query' && right !== undefined) {
    report.warning(
      path,
      'a token in the query ends up in logs, histories and `Referer`; write `token_source: "Authorization: Bearer"`',
    );
    return { in: 'query', name: right };
  }
  if (name === 'cookie' && right !== undefined) return { in: 'cookie', name: right };
  if (name === 'cookie' || name === 'query') {
    report.error(path, `\`token_source\` is ${report.written(path)}; write \`${name}: NAME\``);
    return undefined;
  }
  if (name === 'authorization' && right === undefined) {
    report.error(path, '`Authorization` carries a scheme before the token; write `Authorization: Bearer`');
    return undefined;
  }
  if (FRAMING_HEADERS.has(name)) {
    report.error(
      path,
      `no token can stand in \`${name}\`, a header of the connection itself; write \`Authorization: Bearer\``,
    );
    return undefined;
  }
  return { in: 'header', name, scheme: right?.toLowerCase() };
}
