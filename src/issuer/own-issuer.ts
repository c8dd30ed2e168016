/**
 * The authorization server at work: its store opened, its trail begun, its first
 * state loaded. Made before the plan, because routes with `issuer: self` take
 * their keys from it, and because no token is let through before it is known
 * what has been revoked.
 */
import { readJsonObject } from '../auth/strict-json.ts';
import type { Config, OAuth2Config } from '../config/config.ts';
import type { ControlRoute } from '../control.ts';
import type { LocalRoute } from '../local.ts';
import type { Metrics } from '../log/metrics.ts';
import { createClientApi } from '../oauth/client-api.ts';
import { createAuthorizationServer } from '../oauth/server.ts';
import { openStore } from '../store/open.ts';
import type { TrailEvent } from '../store/store.ts';
import { createTrail } from '../trail/trail.ts';
import type { World } from '../world.ts';

/** The authorization server, as far as requests and keys meet it. */
export interface OwnIssuer {
  readonly routes: readonly LocalRoute[];
  /** For the admin port. */
  readonly clientApi: ControlRoute;
  /** The public keys of now, each a JWK. */
  readonly publicKeys: () => readonly unknown[];
  /** `told` is called whenever they have changed. */
  readonly whenKeysChange: (told: () => void) => void;
  /** Whether it is known what has been revoked: before that no token is good. */
  readonly ready: () => boolean;
  /** Of this issuer or any other. */
  readonly isRevoked: (claims: Readonly<Record<string, unknown>>) => boolean;
  /** Writes a line of the trail; costs a push. */
  readonly note: (event: TrailEvent) => void;
  close(): Promise<void>;
}

/** Resolves after the first attempt to load; it is tried again until it succeeds. Rejects with `StoreUnusable` where waiting does not mend it. */
export async function startOwnIssuer(
  { oauth2, scopes }: { readonly oauth2: OAuth2Config; readonly scopes: Config['scopes'] },
  { clock, log, metrics }: World & { readonly metrics: Metrics },
): Promise<OwnIssuer> {
  const store = await openStore(oauth2.store);
  const trail = createTrail(store, { clock, log }, oauth2.trail);
  metrics.counterFrom('gatehouse_trail_records_total', 'Records written to the trail.', {}, trail.written);
  metrics.counterFrom(
    'gatehouse_trail_dropped_total',
    'Records lost because the trail could not be written.',
    {},
    trail.dropped,
  );
  metrics.gauge('gatehouse_trail_waiting', 'Records that wait to be written.', {}, trail.waiting);
  const server = createAuthorizationServer(
    {
      issuer: oauth2.issuer,
      audience: oauth2.audience,
      tokenTtlMs: oauth2.tokenTtlMs,
      keyRotationMs: oauth2.keyRotationMs,
      passphrase: oauth2.keyPassphrase,
      scopes,
      staticClients: oauth2.clients,
    },
    { store, clock, log, note: trail.note },
  );
  metrics.gauge('gatehouse_oauth_ready', '1 when clients, keys and revocations are loaded.', {}, () =>
    server.ready() ? 1 : 0,
  );
  try {
    await server.start();
  } catch (error) {
    server.close();
    await trail.close();
    await store.close();
    throw error;
  }

  return {
    routes: server.routes,
    clientApi: createClientApi(
      { store, issuer: oauth2.issuer, now: clock.wall, note: trail.note },
      {
        staticClients: oauth2.clients,
        scopes,
        secretOverlapMs: oauth2.secretOverlapMs,
        readObject: readJsonObject,
        takeOver: server.takeOver,
      },
    ),
    publicKeys: () => (JSON.parse(server.keys.text()) as { keys: readonly unknown[] }).keys,
    whenKeysChange: server.keys.onChange,
    ready: server.ready,
    isRevoked: server.isRevoked,
    note: trail.note,
    async close() {
      server.close();
      await trail.close();
      await store.close();
    },
  };
}
