/**
 * The embedded authorization server: what it issues, to whom, and where it keeps
 * it. Secrets stand in the file by reference alone.
 */
import { dirname, resolve } from 'node:path';
import { oauthPaths } from '../oauth-paths.ts';
import { readPublicKeys } from '../public-keys.ts';
import { readIssuerUrl } from './addresses.ts';
import type { Config, IssuerConfig, OAuth2Config, StaticClientConfig } from './config.ts';
import type { Path } from './faults.ts';
import { readNamed, type Surroundings } from './files.ts';
import { suggestion } from './nearest.ts';
import { resolveLimit } from './resolve-limits.ts';
import { resolveSecret, resolveSecretHash } from './resolve-secret.ts';
import type { OAuth2Value, ScopesDeclared } from './schema-oauth2.ts';
import { durationMs } from './units.ts';

/** What routes call the issuer that the gateway itself is; stands for the URL of its key set too. */
export const SELF = 'self';
/** RFC 9068 tokens, for as long as any of them may last. */
const MAX_TOKEN_MS = 3_600_000;

type ClientValue = NonNullable<OAuth2Value['clients'][string]>;

/** `undefined` where it is at fault, which is then reported. */
export function resolveOAuth2(
  value: OAuth2Value,
  declared: ReadonlySet<string> | undefined,
  around: Surroundings,
): OAuth2Config | undefined {
  const { report, file } = around;
  const path: Path = ['oauth2'];
  const fault = value.issuer === undefined ? undefined : readIssuerUrl(value.issuer);
  if (fault !== undefined) {
    report.error([...path, 'issuer'], `the issuer ${report.written([...path, 'issuer'])} cannot be used; ${fault}`);
  }
  for (const [key, example] of [
    ['issuer', 'https://gateway.internal'],
    ['store', 'sqlite:./gatehouse.db'],
    ['audience', 'internal'],
  ] as const) {
    if (value[key] === undefined) {
      report.error([...path, key], `\`oauth2\` has no \`${key}\`; write one as in \`${key}: ${example}\``);
    }
  }
  const clients = Object.entries(value.clients).flatMap(([id, client]) =>
    client === undefined ? [] : (resolveClient(id, client, declared, around) ?? []),
  );
  const passphrase = resolveSecret(value.key_passphrase, [...path, 'key_passphrase'], around);
  const limit = resolveLimit(
    'oauth2',
    { quota: value.token_requests, by: 'address', sub_windows: 10 },
    [...path, 'token_requests'],
    report,
  );
  const { issuer, store, audience } = value;
  if (issuer === undefined || store === undefined || audience === undefined || limit === undefined) return undefined;
  return {
    issuer,
    store: store.startsWith('sqlite:') ? `sqlite:${resolve(dirname(file), store.slice('sqlite:'.length))}` : store,
    audience,
    tokenTtlMs: durationMs(value.token_ttl),
    keyRotationMs: durationMs(value.key_rotation),
    keyPassphrase: passphrase,
    secretOverlapMs: durationMs(value.secret_overlap),
    limit,
    clients,
    trail: { maxAgeMs: durationMs(value.trail.max_age), maxRecords: value.trail.max_records },
  };
}

/** The gateway as an issuer that routes name. Its keys come by no URL. */
export function selfIssuer({ issuer, audience }: OAuth2Config, place: IssuerConfig['place']): IssuerConfig {
  return {
    name: SELF,
    issuer,
    jwksUri: SELF,
    introspection: undefined,
    audiences: [audience],
    algorithms: ['ES256'],
    clockSkewMs: 30_000,
    jwksTtlMs: 600_000,
    jwksMaxStaleMs: 3_600_000,
    maxTokenLifetimeMs: MAX_TOKEN_MS,
    tokenType: 'at+jwt',
    place,
  };
}

function resolveClient(
  id: string,
  value: ClientValue,
  declared: ReadonlySet<string> | undefined,
  around: Surroundings,
): StaticClientConfig | undefined {
  const { report } = around;
  const path: Path = ['oauth2', 'clients', id];
  const ways = (['secret', 'secret_sha256', 'jwks'] as const).filter((key) => value[key] !== undefined);
  if (ways.length !== 1) {
    report.error(
      path,
      `client \`${id}\` has ${ways.length === 0 ? 'no way to prove itself' : 'several ways to prove itself'}; write one of \`secret\`, \`secret_sha256\` and \`jwks\``,
    );
  }
  const scopes = (value.scopes ?? []).filter((one) => one !== undefined);
  if (value.scopes === undefined) {
    report.error(path, `client \`${id}\` has no \`scopes\`; write what it may do, as in \`scopes: [billing:read]\``);
  }
  for (const [at, one] of (value.scopes ?? []).entries()) {
    if (one === undefined || declared === undefined || declared.has(one)) continue;
    report.error([...path, 'scopes', at], `the scope \`${one}\` is not among \`scopes\`; ${suggestion(one, declared)}`);
  }
  const secretSha256 = resolveSecretHash(value.secret, `secret of \`${id}\``, [...path, 'secret'], around);
  const jwks = value.jwks === undefined ? undefined : readNamed(value.jwks, [...path, 'jwks'], around)?.text;
  const keys = jwks === undefined ? undefined : readPublicKeys(jwks);
  if (typeof keys === 'string') {
    report.error([...path, 'jwks'], `the key set ${report.written([...path, 'jwks'])} of \`${id}\` is ${keys}`);
  }
  return {
    id,
    secretSha256: value.secret_sha256 ?? secretSha256,
    jwks,
    scopes,
    audiences: (value.audiences ?? []).filter((one) => one !== undefined),
    tokenTtlMs: value.token_ttl === undefined ? undefined : durationMs(value.token_ttl),
  };
}

/** A route may not stand where the authorization server answers. */
export function reportTakenPaths(
  { routes, oauth2 }: Pick<Config, 'routes' | 'oauth2'>,
  { report }: Surroundings,
): void {
  if (oauth2 === undefined) return;
  const taken = new Set<string>(Object.values(oauthPaths(oauth2.issuer)));
  for (const [index, { path, hosts }] of routes.entries()) {
    if (!taken.has(path) || hosts.length > 0) continue;
    report.error(
      ['routes', index, 'path'],
      `\`${path}\` is where the authorization server of \`oauth2\` answers; choose another path`,
    );
  }
}

/** Scopes that are asked for or declared for nothing. */
export function reportScopes(
  value: ScopesDeclared,
  { routes, oauth2 }: Pick<Config, 'routes' | 'oauth2'>,
  { report }: Surroundings,
): void {
  const asked = new Set(routes.flatMap(({ auth }) => (auth === undefined ? [] : scopesOf(auth))));
  for (const scope of Object.keys(value)) {
    if (!asked.has(scope)) {
      report.warning(['scopes', scope], `no route asks for the scope \`${scope}\`; name it in a route, or take it out`);
    }
  }
  for (const [index, { auth }] of routes.entries()) {
    for (const scope of auth === undefined ? [] : scopesOf(auth)) {
      if (Object.hasOwn(value, scope)) continue;
      report.error(
        ['routes', index, 'auth', 'scopes'],
        `the scope \`${scope}\` is not among \`scopes\`, so nobody can have it; ${suggestion(scope, Object.keys(value))}`,
      );
    }
  }
  for (const { id, scopes } of oauth2?.clients ?? []) {
    for (const scope of scopes) {
      if (asked.has(scope)) continue;
      report.warning(
        ['oauth2', 'clients', id, 'scopes'],
        `client \`${id}\` may ask for \`${scope}\`, which no route asks for; take it out`,
      );
    }
  }
}

function scopesOf({ scopes, scopesByMethod }: NonNullable<Config['routes'][number]['auth']>): readonly string[] {
  return [scopes, ...scopesByMethod.values()].flatMap(({ allOf, anyOf }) => [...allOf, ...anyOf]);
}
