import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { demonstrate } from '../../examples/revocation/demonstrate.ts';
import { ask } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

const folder = createFolder();
const upstream = await startUpstream();
const yaml = `
oauth2: { issuer: https://gateway.internal, store: 'sqlite:${folder}/gatehouse.db', audience: internal }
upstreams: { service: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, kind: internal, upstream: service, auth: { issuer: self, scopes: [billing:read] }, rate_limit: none }]
`;
const file = `${folder}/gatehouse.yaml`;
writeFileSync(file, yaml);
const gateway = await startGateway(yaml);
after(() => Promise.all([gateway.close(), upstream.close()]));

async function gatehouse(...args: readonly string[]): Promise<Record<string, string>> {
  const command = ['src/cli.ts', ...args, '--config', file, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return JSON.parse(stdout) as Record<string, string>;
}

async function tokenOf({ client_id: id, client_secret: secret }: Record<string, string>): Promise<string | undefined> {
  const reply = await ask(gateway.port, '/oauth2/token', {
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  return reply.status === 200 ? reply.json<{ access_token: string }>().access_token : undefined;
}

test('OA-18 one client is revoked by a command while both are calling: the other loses not one call', async () => {
  const [stolen, other] = [
    await gatehouse('clients', 'create', 'stolen', '--scope', 'billing:read'),
    await gatehouse('clients', 'create', 'other', '--scope', 'billing:read'),
  ];
  const stolenToken = await eventually(() => tokenOf(stolen));
  const otherToken = await eventually(() => tokenOf(other));
  const call = (token: string) => ask(gateway.port, '/invoices', { headers: { Authorization: `Bearer ${token}` } });
  assert.equal((await call(stolenToken)).status, 200);

  let calls = 0;
  let stop = false;
  const calling = (async () => {
    while (!stop) {
      // eslint-disable-next-line no-await-in-loop -- one after the other, as a service does
      assert.equal((await call(otherToken)).status, 200);
      calls++;
    }
  })();
  await gatehouse('clients', 'revoke', 'stolen', '--reason', 'its secret was in a log');
  const refused = await eventually(async () => {
    const reply = await call(stolenToken);
    return reply.status === 401 ? reply : undefined;
  });
  assert.equal(refused.json().reason, 'revoked');
  assert.equal(await tokenOf(stolen), undefined, 'and gets no new one');
  stop = true;
  await calling;
  assert.ok(calls > 0);
  assert.equal((await call(otherToken)).status, 200);

  // The trail knows it all, and shows when somebody was at it.
  await eventually(async () => {
    const records = (await gatehouse('audit', '--kind', 'call', '--refused')) as unknown as {
      event: { client: string; refusal: string; detail?: string };
    }[];
    return records.some(
      ({ event }) =>
        event.client === stolen['client_id'] && event.refusal === 'invalid_token' && event.detail === 'revoked',
    )
      ? true
      : undefined;
  });
  const verdict = (await gatehouse('audit', 'verify')) as unknown as { records: number; faults: unknown[] };
  assert.ok(verdict.records > 0);
  assert.deepEqual(verdict.faults, []);
  const database = new DatabaseSync(`${folder}/gatehouse.db`);
  database.exec("UPDATE gatehouse_trail SET status = 200, refusal = NULL WHERE refusal = 'invalid_token'");
  database.close();
  await assert.rejects(gatehouse('audit', 'verify'), (error: { code: number; stdout: string }) => {
    const { faults } = JSON.parse(error.stdout) as { faults: { what: string }[] };
    return error.code === 1 && faults.length > 0 && faults.every(({ what }) => what === 'changed');
  });
});

test('OA-18 revoked by the admin port under load: not one call that begins afterwards is let in, and the other client loses none', async () => {
  const figures = await demonstrate({ calls: 1000, atOnce: 8 });
  assert.deepEqual([figures.calls, figures.succeeded], [1000, 1000]);
  assert.deepEqual([...figures.stolenAfter.keys()], ['401 revoked']);
  assert.ok(figures.stolenBefore > 0 && figures.stolenAfter.get('401 revoked')! > 0 && figures.callsAfter > 0);
  assert.equal(figures.newToken, false);
});
