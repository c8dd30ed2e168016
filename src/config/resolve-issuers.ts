/**
 * Issuers: whose signature is believed, from `issuers` or written out in a
 * route. A route may narrow an issuer it names; the key set stays shared.
 */
import type { IntrospectionConfig, IssuerConfig } from './config.ts';
import { readKeySetUrl } from './addresses.ts';
import type { Path, Report } from './faults.ts';
import { DEFAULT_ALGORITHMS, type IssuerValue } from './schema-auth.ts';
import { durationMs } from './units.ts';

/** What a route may write beside the name of an issuer. */
export type Overrides = Omit<IssuerValue, 'issuer' | 'jwks_uri' | 'jwks_ttl' | 'max_stale' | 'introspection'>;

/** `undefined` where it is at fault, which is then reported. */
export function resolveIssuer(
  name: string,
  value: IssuerValue,
  path: Path,
  report: Report,
  introspection?: IntrospectionConfig,
): IssuerConfig | undefined {
  if (value.issuer === undefined) {
    report.error([...path, 'issuer'], `issuer \`${name}\` has no \`issuer\`; write what its tokens have in \`iss\``);
  }
  const isAsked = value.introspection !== undefined;
  const jwksUri = value.jwks_uri === undefined && isAsked ? undefined : resolveKeySetUrl(name, value, path, report);
  if (value.issuer === undefined) return undefined;
  if (isAsked ? introspection === undefined : jwksUri === undefined) return undefined;
  const base: IssuerConfig = {
    name,
    issuer: value.issuer,
    jwksUri,
    introspection,
    audiences: [],
    algorithms: DEFAULT_ALGORITHMS,
    clockSkewMs: 30_000,
    jwksTtlMs: durationMs(value.jwks_ttl ?? '10m'),
    jwksMaxStaleMs: durationMs(value.max_stale ?? '1h'),
    maxTokenLifetimeMs: undefined,
    tokenType: undefined,
    place: report.placeOf(path),
  };
  return narrowIssuer(base, value, path, report);
}

function resolveKeySetUrl(name: string, value: IssuerValue, path: Path, report: Report): string | undefined {
  const at = [...path, 'jwks_uri'];
  if (value.jwks_uri === undefined) {
    report.error(
      at,
      `issuer \`${name}\` has no \`jwks_uri\`; write where its key set is, or \`introspection\` where its tokens are no JWTs`,
    );
    return undefined;
  }
  const read = readKeySetUrl(value.jwks_uri);
  if (typeof read !== 'string') return read.url;
  report.error(at, `\`jwks_uri\` is ${report.written(at)}; ${read}`);
  return undefined;
}

/** `issuer` with what is written in `value` in the place of its own. The same object where nothing is. */
export function narrowIssuer(issuer: IssuerConfig, value: Overrides, path: Path, report: Report): IssuerConfig {
  const { audience, algorithms, clock_skew, max_token_lifetime, token_type } = value;
  const audiences = audience === undefined ? undefined : [audience].flat().filter((one) => one !== undefined);
  if (audiences?.length === 0) {
    report.error([...path, 'audience'], '`audience` is an empty list; write at least one, or leave the key out');
  }
  if (algorithms !== undefined && algorithms.every((one) => one === undefined)) {
    report.error([...path, 'algorithms'], '`algorithms` is an empty list; write at least one, or leave the key out');
  }
  const overrides: Partial<IssuerConfig> = {
    ...(audiences && { audiences }),
    ...(algorithms && { algorithms: [...new Set(algorithms.filter((one) => one !== undefined))] }),
    ...(clock_skew !== undefined && { clockSkewMs: durationMs(clock_skew) }),
    ...(max_token_lifetime !== undefined && { maxTokenLifetimeMs: durationMs(max_token_lifetime) }),
    ...(token_type !== undefined && { tokenType: token_type.toLowerCase().replace(/^application\//, '') }),
  };
  return Object.keys(overrides).length === 0 ? issuer : { ...issuer, ...overrides };
}
