import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { openStore } from '../../src/store/open.ts';
import { ask } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

const TOKEN = 'a-token-of-this-test-0123456789abcdef';
const folder = createFolder();
const upstream = await startUpstream();
after(() => upstream.close());

const yaml = (store: string): string => `
oauth2: { issuer: https://gateway.internal, store: 'sqlite:${folder}/${store}', audience: internal }
upstreams: { service: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, kind: internal, upstream: service, auth: { issuer: self, scopes: [billing:read] }, rate_limit: none }]
`;

test('a SQLite file that is deleted: nothing is issued or acknowledged, tokens go on, and the log says so once', async () => {
  const gateway = await startGateway(yaml('gatehouse.db'), { env: { TOKEN }, admin: 'token: "${TOKEN}"' });
  const create = (name: string) =>
    ask(gateway.adminPort, '/oauth2/clients', {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name, scopes: ['billing:read'] }),
    });
  try {
    const { client_id: id, client_secret: secret } = (await create('reports')).json<Record<string, string>>();
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: id!, client_secret: secret! });
    const issue = () =>
      ask(gateway.port, '/oauth2/token', {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      });
    const issueUntil = (status: number) =>
      eventually(async () => {
        const reply = await issue();
        return reply.status === status ? reply : undefined;
      });
    const { access_token: token } = (await issue()).json<{ access_token: string }>();

    renameSync(`${folder}/gatehouse.db`, `${folder}/gone.db`);
    const refused = await issueUntil(503);
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.equal((await create('another')).status, 503);
    const call = await ask(gateway.port, '/invoices', { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(call.status, 200);

    renameSync(`${folder}/gone.db`, `${folder}/gatehouse.db`);
    await issueUntil(200);
    const said = gateway.events.filter(({ event }) => event.startsWith('oauth_store_'));
    assert.deepEqual(
      said.map(({ event }) => event),
      ['oauth_store_unavailable', 'oauth_store_back'],
    );
    assert.match(String(said[0]!.fields['error']), /gatehouse\.db was deleted or replaced/);
  } finally {
    await gateway.close();
  }
});

test('a store of a newer program, or no store at all, stops the start with 1 and one line', async () => {
  const store = await openStore(`sqlite:${folder}/newer.db`);
  await store.clients();
  await store.close();
  const database = new DatabaseSync(`${folder}/newer.db`);
  database.exec('UPDATE gatehouse_schema SET version = 99');
  database.close();
  writeFileSync(`${folder}/text.db`, 'no database\n'.repeat(100));
  for (const [name, says] of [
    ['newer.db', /^gatehouse: oauth2\.store: the store has schema version 99, this program knows \d+; run the newer/m],
    ['text.db', /^gatehouse: oauth2\.store: .*text\.db is not a SQLite database$/m],
  ] as const) {
    const file = `${folder}/${name}.yaml`;
    writeFileSync(file, `listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0 }\n${yaml(name)}`);
    const { status, stderr } = spawnSync(process.execPath, ['src/cli.ts', 'run', file], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(status, 1, stderr);
    assert.match(stderr, says);
  }
});
