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

interface Around {
  readonly path: Path;
  readonly issuers: References<IssuerConfig>;
  readonly report: Report;
}

export interface ResolvedAuth {
  readonly auth: AuthConfig | undefined;
  /** The route's, or the ones its scopes name: a method without a rule is not served. */
  readonly methods: RouteConfig['methods'];
}

/** `auth` is `undefined` where it is at fault, which is then reported. */
export function resolveAuth(
  value: AuthValue,
  methods: readonly string[],
  { path, issuers, report }: Around,
): ResolvedAuth {
  const from = Array.isArray(value.issuer)
    ? issuersOf(value, value.issuer, { path, issuers, report })
    : issuerOf(value, value.issuer, { path, issuers, report });
  const source = resolveSource(value.token_source ?? 'Authorization: Bearer', [...path, 'token_source'], report);
  const scopes = resolveScopes(value.scopes, methods, [...path, 'scopes'], report);
  const requiredClaims = (value.required_claims ?? []).filter((claim) => claim !== undefined);
  const auth = from &&
    source && { issuers: from, requiredClaims, source, scopes: scopes.scopes, scopesByMethod: scopes.scopesByMethod };
  return { auth, methods: scopes.methods };
}

/** What belongs to one issuer and cannot be said of several at once. */
const OF_ONE = [
  'jwks_uri',
  'audience',
  'algorithms',
  'clock_skew',
  'jwks_ttl',
  'max_stale',
  'max_token_lifetime',
  'token_type',
] as const satisfies readonly (keyof AuthValue)[];

function issuersOf(
  value: AuthValue,
  names: readonly (string | undefined)[],
  { path, issuers, report }: Around,
): readonly IssuerConfig[] | undefined {
  const at = [...path, 'issuer'];
  if (names.length === 0) report.error(at, '`issuer` is an empty list; name one of `issuers`');
  for (const key of OF_ONE) {
    if (value[key] === undefined) continue;
    report.error(
      [...path, key],
      `\`${key}\` belongs to one issuer, and the route takes several; write it under \`issuers\``,
    );
  }
  const found = names.map((name, index) => (name === undefined ? undefined : issuers.find(name, [...at, index])));
  const known = found.filter((one) => one !== undefined);
  for (const [index, one] of found.entries()) {
    const first = found.findIndex((other) => one !== undefined && other?.issuer === one.issuer);
    if (first !== -1 && first !== index) {
      report.error([...at, index], '`iss` would not tell this one from one before it; name each issuer once');
    }
  }
  const asked = known.filter(({ introspection }) => introspection !== undefined);
  if (asked.length > 1) {
    report.error(
      at,
      `nothing tells whether a token that is no JWT is of \`${asked[0]!.name}\` or of \`${asked[1]!.name}\`; name one of them that has \`introspection\``,
    );
  }
  return known.length === names.length && known.length > 0 ? known : undefined;
}

function issuerOf(
  value: AuthValue,
  name: string | undefined,
  { path, issuers, report }: Around,
): readonly IssuerConfig[] | undefined {
  const at = [...path, 'issuer'];
  if (name === undefined) {
    report.error(at, '`auth` names no issuer; write `issuer: NAME` of one of `issuers`, or `issuer` and `jwks_uri`');
    return undefined;
  }
  const known = issuers.has(name);
  if (value.jwks_uri !== undefined && !known) {
    // `issuer: mian` with a `jwks_uri` beside it would be an issuer that signs nothing: at worst, nobody gets in.
    return only(resolveIssuer(name, { ...value, issuer: name }, path, report));
  }
  if (!known && name.includes('://')) {
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
        `\`${key}\` belongs to the key set that routes share; write it under \`issuers.${name}\``,
      );
    }
  }
  const issuer = issuers.find(name, at);
  return only(issuer && narrowIssuer(issuer, value, path, report));
}

function only(issuer: IssuerConfig | undefined): readonly IssuerConfig[] | undefined {
  return issuer && [issuer];
}

function resolveSource(text: string, path: Path, report: Report): TokenSource | undefined {
  const [left = '', right] = text.split(/: ?/);
  const name = left.toLowerCase();
  if (name === 'query' && right !== undefined) {
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
