/** Issuers with one `jwks_uri` share one key set, so they must agree on how long it is kept. */
import type { IssuerConfig } from './config.ts';
import type { Path, Report } from './faults.ts';

export function reportKeySetDifferences(
  issuers: readonly { readonly issuer: IssuerConfig; readonly path: Path }[],
  report: Report,
): void {
  const first = new Map<string, IssuerConfig>();
  for (const { issuer, path } of issuers) {
    if (issuer.jwksUri === undefined) continue;
    const other = first.get(issuer.jwksUri);
    first.set(issuer.jwksUri, other ?? issuer);
    if (other === undefined) continue;
    for (const [key, member] of [
      ['jwks_ttl', 'jwksTtlMs'],
      ['max_stale', 'jwksMaxStaleMs'],
    ] as const) {
      if (other[member] === issuer[member]) continue;
      const { line } = other.place;
      report.error(
        [...path, key],
        `the key set is shared with the issuer at line ${line}, whose \`${key}\` differs; write the same in both places`,
      );
    }
  }
}
