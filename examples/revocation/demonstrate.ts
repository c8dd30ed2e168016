/**
 * Two services call a third through the gateway, as fast as they can. The secret
 * of one has leaked; it is revoked while both are calling. What becomes of each
 * is counted, and nothing is tried again.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatFault, parseConfig, runGateway, systemClock } from '../../src/index.ts';

export interface Figures {
  /** Calls of the client that is left alone, and those of them that were answered 200. */
  readonly calls: number;
  readonly succeeded: number;
  /** Of `calls`, those that began after the revocation was answered. */
  readonly callsAfter: number;
  /** Of the compromised client: before, all of them 200; afterwards, by status and reason. */
  readonly stolenBefore: number;
  readonly stolenAfter: ReadonlyMap<string, number>;
  /** Whether it got another token afterwards. */
  readonly newToken: boolean;
  readonly revokedInMs: number;
}

export interface Demonstration {
  /** How often the client that is left alone calls. */
  readonly calls: number;
  /** Requests of each client under way at once. */
  readonly atOnce: number;
}

const configuration = (service: string, folder: string): string => `
listen: 127.0.0.1:0
admin: { listen: 127.0.0.1:0, token: '\${ADMIN_TOKEN}' }
log: { access: 'off' }
oauth2: { issuer: https://gateway.internal, store: 'sqlite:${folder}/gatehouse.db', audience: internal }
scopes: { billing:read: Read invoices }
upstreams: { billing: { targets: ['${service}'] } }
routes:
  - path: /billing/*
    kind: internal
    upstream: billing
    auth: { issuer: self, scopes: [billing:read] }
    rate_limit: none
`;

export async function demonstrate({ calls, atOnce }: Demonstration): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  const service = createServer((_, response) => response.end('{"invoices":[]}\n')).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const adminToken = randomBytes(32).toString('base64url');
  const text = configuration(`http://127.0.0.1:${(service.address() as AddressInfo).port}`, folder);
  const loaded = parseConfig(text, 'revocation.yaml', {
    readFile: (path) => readFileSync(path),
    wall: systemClock.wall,
    env: { ADMIN_TOKEN: adminToken },
  });
  if (loaded.config === undefined) throw new Error(loaded.faults.map(formatFault).join('\n'));
  const gateway = await runGateway(loaded.config, { clock: systemClock, log: () => {} });
  try {
    return await play(`http://${gateway.address}`, `http://127.0.0.1:${gateway.adminPort}`, {
      adminToken,
      calls,
      atOnce,
    });
  } finally {
    await gateway.close(1000);
    service.close();
    service.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
}

async function play(
  gateway: string,
  admin: string,
  { adminToken, calls, atOnce }: Demonstration & { readonly adminToken: string },
): Promise<Figures> {
  async function manage(path: string, body: object): Promise<Record<string, string>> {
    const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' };
    const reply = await fetch(`${admin}/oauth2/clients${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(await reply.text());
    return (await reply.json()) as Record<string, string>;
  }
  async function tokenFor({
    client_id: id,
    client_secret: secret,
  }: Record<string, string>): Promise<string | undefined> {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id!, client_secret: secret! });
    const reply = await fetch(`${gateway}/oauth2/token`, { method: 'POST', body });
    const { access_token: token } = (await reply.json()) as { access_token?: string };
    return token;
  }
  async function call(token: string | undefined): Promise<string> {
    const reply = await fetch(`${gateway}/billing/invoices`, { headers: { Authorization: `Bearer ${token}` } });
    const { reason } = (await reply.json()) as { reason?: string };
    return reason === undefined ? String(reply.status) : `${reply.status} ${reason}`;
  }

  const [stolen, other] = [
    await manage('', { name: 'stolen', scopes: ['billing:read'] }),
    await manage('', { name: 'other', scopes: ['billing:read'] }),
  ];
  const [stolenToken, otherToken] = [await tokenFor(stolen), await tokenFor(other)];

  let [made, succeeded, callsAfter, stolenBefore] = [0, 0, 0, 0];
  const stolenAfter = new Map<string, number>();
  let isRevoked = false;
  async function callOn(): Promise<void> {
    while (made < calls) {
      made++;
      if (isRevoked) callsAfter++;
      // A connection that breaks is a failure like any other.
      if ((await call(otherToken).catch(String)) === '200') succeeded++;
    }
  }
  async function stealOn(): Promise<void> {
    while (made < calls) {
      const before = !isRevoked;
      const outcome = await call(stolenToken).catch(String);
      if (before) stolenBefore++;
      else stolenAfter.set(outcome, (stolenAfter.get(outcome) ?? 0) + 1);
    }
  }
  const callers = Array.from({ length: atOnce }, () => Promise.all([callOn(), stealOn()]));
  while (made < calls / 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const startedAt = performance.now();
  await manage('/stolen/revoke', { reason: 'its secret was in a log' });
  isRevoked = true;
  const revokedInMs = performance.now() - startedAt;
  await Promise.all(callers);
  return {
    calls: made,
    succeeded,
    callsAfter,
    stolenBefore,
    stolenAfter,
    newToken: (await tokenFor(stolen)) !== undefined,
    revokedInMs,
  };
}
