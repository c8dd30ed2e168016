/**
 * A configuration, running: the plan, the listener before it, the log behind it
 * and the admin port beside it. What the `run` command starts, and what the
 * tests start too.
 */
import { createAdmin } from './admin/admin.ts';
import { createAdminTokenCheck } from './admin/admin-token.ts';
import { createControl } from './admin/control.ts';
import type { Config } from './config/config.ts';
import { createGateway } from './gateway.ts';
import { createLineWriter, openSink, type Sink } from './log/line-writer.ts';
import { createMetrics, type Metrics } from './log/metrics.ts';
import { measure, measureCertificates } from './measure.ts';
import type { OwnIssuer } from './own-issuer.ts';
import { createPlan, type Plan } from './plan.ts';
import { createRecord } from './record.ts';
import { createRedirect } from './redirect.ts';
import { createWireCounters } from './wire/counters.ts';
import { listen, type Listener } from './wire/listener.ts';
import type { World } from './world.ts';

export interface Running {
  readonly plan: Plan;
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  readonly adminPort: number;
  /** Where requests are told to come again over TLS, if anywhere. */
  readonly redirectPort: number | undefined;
  /** Stops accepting, lets requests under way end for up to `graceMs`, and lets go of everything. */
  close(graceMs?: number): Promise<void>;
}

export interface RunParts extends World {
  /** Where access lines go, in place of what the configuration says. */
  readonly accessSink?: Sink;
}

const GRACE_MS = 10_000;
/** Who is told to come again need not come in two ways. */
const NO_HTTP2 = { tls: false, cleartext: false, streams: 0 };

/** Rejects with the system's error when it cannot listen. */
export async function runGateway(config: Config, parts: RunParts): Promise<Running> {
  const { clock } = parts;
  const metrics = createMetrics();
  const ownIssuer = await startOwnIssuerOf(config, { ...parts, metrics });
  const plan = createPlan(config, { ...parts, metrics, ownIssuer });
  const sink = parts.accessSink ?? (config.log.access === 'off' ? undefined : openSink(config.log.access));
  const lines = sink === undefined ? undefined : createLineWriter(sink, clock);
  const counters = createWireCounters();
  measure(plan, counters, lines);

  let draining = false;
  const refusedByToken = metrics.counter(
    'gatehouse_admin_refused_total',
    'Requests to change something by the admin port that showed no good token.',
  );
  const control = createControl({
    check: createAdminTokenCheck(config.admin.tokenSha256),
    routes: () => (plan.ownIssuer === undefined ? [] : [plan.ownIssuer.clientApi]),
    refused: () => refusedByToken.add(1),
  });
  const admin = await createAdmin(config.admin, { metrics, ready: () => readiness(plan, draining), control });
  const { limits, timeouts } = config;
  const settings = { ...limits, ...timeouts };
  const common = {
    maxConnections: limits.maxConnections,
    maxPerAddress: limits.maxPerAddress,
    addressKeyOf(remoteAddress: string) {
      const peer = plan.openPeer(remoteAddress, 'http', undefined);
      return peer.trusted ? undefined : peer.addressKey;
    },
    isFull: () => plan.pressure.isFull,
    counters,
    clock,
    log: parts.log,
    settings,
  };
  let listener: Listener | undefined;
  let redirect: Listener | undefined;
  try {
    const gateway = createGateway(plan, createRecord(plan, lines?.write));
    listener = await listen({ ...common, ...config.listen, tls: config.tls, http2: config.http2 }, gateway);
    measureCertificates(metrics, listener.certificates);
    if (config.redirect !== undefined) {
      const again = createRedirect({ port: listener.port, dateLine: plan.dateLine });
      redirect = await listen({ ...common, ...config.redirect, tls: undefined, http2: NO_HTTP2 }, again);
    }
  } catch (error) {
    await listener?.close(0);
    plan.close();
    await admin.close();
    await ownIssuer?.close();
    throw error;
  }
  plan.start();

  return {
    plan,
    port: listener.port,
    address: listener.address,
    adminPort: admin.address.port,
    redirectPort: redirect?.port,
    async close(graceMs = GRACE_MS) {
      draining = true;
      await Promise.all([listener.close(graceMs), redirect?.close(graceMs)]);
      plan.close();
      await admin.close();
      await ownIssuer?.close();
      await lines?.close();
    },
  };
}

/** Its code, and the store's, is loaded only where it is used: without `oauth2` it would be 10 MB for nothing. */
async function startOwnIssuerOf(
  { oauth2, scopes }: Config,
  parts: World & { readonly metrics: Metrics },
): Promise<OwnIssuer | undefined> {
  if (oauth2 === undefined) return undefined;
  const { startOwnIssuer } = await import('./own-issuer.ts');
  return await startOwnIssuer({ oauth2, scopes }, parts);
}

/** Ready: listening, not draining, and with keys for every issuer. */
function readiness(plan: Plan, draining: boolean): { ready: boolean; reasons: string[] } {
  const reasons = [...plan.keySets].filter(([, keySet]) => !keySet.ready()).map(([uri]) => `no keys from ${uri}`);
  if (plan.ownIssuer?.ready() === false) reasons.push('the store of the authorization server is not loaded');
  if (draining) reasons.push('draining');
  return { ready: reasons.length === 0, reasons };
}
