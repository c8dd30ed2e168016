/** The authorization server of a configuration: that of the plan before it where nothing about it changed, else a new one. */
import type { Config } from '../config/config.ts';
import { identityOf } from '../config/identity.ts';
import type { Lease } from '../running/keep.ts';
import type { Metrics } from '../log/metrics.ts';
import type { OwnIssuer } from './own-issuer.ts';
import type { World } from '../world.ts';

/** Its code, and the store's, is loaded only where it is used: without `oauth2` it would be 10 MB for nothing. */
export async function takeOwnIssuer(
  { oauth2, scopes }: Config,
  lease: Lease,
  { metrics, ...world }: World & { readonly metrics: Metrics },
): Promise<OwnIssuer | undefined> {
  if (oauth2 === undefined) return undefined;
  async function start(of: NonNullable<Config['oauth2']>): Promise<{ issuer: OwnIssuer; close(): Promise<void> }> {
    const { startOwnIssuer } = await import('./own-issuer.ts');
    const series = metrics.lease();
    const issuer = await startOwnIssuer({ oauth2: of, scopes }, { ...world, metrics: series }).catch((error) => {
      series.end();
      throw error;
    });
    return {
      issuer,
      async close() {
        series.end();
        await issuer.close();
      },
    };
  }
  const started = lease.take(
    `own issuer ${identityOf([oauth2, scopes])}`,
    () => start(oauth2),
    // One that could not start has nothing to close.
    (part) =>
      part.then(
        (own) => own.close(),
        () => {},
      ),
  );
  return (await started).issuer;
}
