import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { before, test } from 'node:test';
import { audit } from '../../src/cli/audit.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { UsageError } from '../../src/cli/terminal.ts';
import { openStore } from '../../src/store/open.ts';
import type { TrailEvent } from '../../src/store/store.ts';
import { createTrail } from '../../src/trail/trail.ts';
import { systemClock } from '../../src/world.ts';
import { createFolder } from '../support/folder.ts';
import { callOf, clientNamed } from '../support/stored.ts';

const NOW = Date.UTC(2026, 5, 30, 12);
const HOUR = 3_600_000;
const folder = createFolder();
const database = `${folder}/store.db`;
const file = `${folder}/gatehouse.yaml`;
writeFileSync(
  file,
  `oauth2: { issuer: https://gateway.internal, store: 'sqlite:store.db', audience: internal }
upstreams: { billing: { targets: ["http://127.0.0.1:1"] } }
routes: [{ path: /*, kind: internal, upstream: billing, auth: { issuer: self, scopes: [billing:read] }, rate_limit: none }]
`,
);

async function note(...events: readonly TrailEvent[]): Promise<void> {
  const store = await openStore(`sqlite:${database}`);
  const trail = createTrail(store, { clock: systemClock, log: () => {} }, { maxAgeMs: 1, maxRecords: 1 });
  for (const event of events) trail.note(event);
  await trail.close();
  await store.close();
}

before(async () => {
  const store = await openStore(`sqlite:${database}`);
  await store.addClient(clientNamed('orders', { scopes: ['billing:read', 'billing:write'] }));
  await store.addClient(clientNamed('gone', { state: 'revoked' }));
  await store.close();
  await note(
    callOf('orders', { at: NOW - 3 * HOUR }),
    callOf('orders', { at: NOW - HOUR, status: 401, refusal: 'invalid_token', detail: 'revoked' }),
    callOf('mail\u001B[2J', { at: NOW - HOUR / 2, route: '/mail', upstream: undefined, scopes: [] }),
    { at: NOW - 60_000, kind: 'client_created', client: 'orders', by: 'alice' },
  );
});

async function said(...args: readonly string[]) {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    readFile: (path) => readFileSync(path),
    readInput: () => Buffer.from(''),
    wall: () => NOW,
    env: {},
  };
  return { code: await audit.run([...args, '--config', file], terminal), out, err };
}

const kinds = async (...args: readonly string[]): Promise<readonly string[]> =>
  (JSON.parse((await said(...args, '--json')).out) as { event: TrailEvent }[]).map(
    ({ event }) => `${event.kind} ${event.client}`,
  );

test('all of it, newest last, and nothing of it speaks to the terminal', async () => {
  const { code, out } = await said();
  assert.equal(code, 0);
  const [head, ...rows] = out.trimEnd().split('\n');
  assert.match(head!, /^TIME +KIND +WHO +WHAT +SCOPES +STATUS +REFUSAL$/);
  assert.equal(rows.length, 4);
  assert.match(rows[0]!, /^2026-06-30T09:00:00Z +call +orders +GET \/billing\/\* +billing:read +200 +-$/);
  assert.match(rows[1]!, / 401 +invalid_token: revoked$/);
  assert.ok(!out.includes('\u001B'));
});

test('calls of one client, callers of one route, refusals, a time, a kind, the last ones', async () => {
  assert.deepEqual(await kinds('--client', 'orders', '--kind', 'call'), ['call orders', 'call orders']);
  assert.deepEqual(await kinds('--route', '/mail'), ['call mail\u001B[2J']);
  assert.deepEqual(await kinds('--refused'), ['call orders']);
  assert.deepEqual(await kinds('--refusal', 'none'), []);
  assert.equal((await kinds('--since', '2h')).length, 3);
  assert.equal((await kinds('--since', '2026-06-30T10:30:00Z', '--until', '2m')).length, 2);
  assert.deepEqual(await kinds('--limit', '1'), ['client_created orders']);
});

test('refusals by their reason, who calls whom, scopes that nobody uses', async () => {
  assert.match(
    (await said('refusals')).out,
    /\ninvalid_token: revoked +orders +\/billing\/\* +1 +2026-06-30T11:00:00Z\n$/,
  );
  const { out } = await said('graph');
  assert.match(out, /\norders +\/billing\/\* +billing +2 +50\.0% +2026-06-30T11:00:00Z\n/);
  assert.match((await said('graph', '--format', 'mermaid')).out, /^flowchart LR\n/);
  assert.match((await said('graph', '--format', 'dot')).out, /^digraph calls \{\n/);
  assert.match((await said('scopes')).out, /^CLIENT +SCOPE +LAST USED\norders +billing:write +never\n$/);
  assert.equal(JSON.parse((await said('graph', '--json', '--since', '45m')).out).length, 1);
});

test('wrong usage is said so', async () => {
  for (const args of [
    ['grpah'],
    ['graph', 'more'],
    ['graph', '--limit', '5'],
    ['graph', '--format', 'png'],
    ['--limit', '0'],
    ['--since', 'yesterday'],
    ['scopes', '--unused', '30d'],
  ]) {
    await assert.rejects(said(...args), UsageError, args.join(' '));
  }
});

test('what follows is printed as it comes', async () => {
  const child = spawn(
    process.execPath,
    ['src/cli.ts', 'audit', '--follow', '--json', '--client', 'late', '--config', file],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  // Before its first look or after: it is printed either way.
  await note(callOf('late', { at: NOW }));
  const [line] = await once(child.stdout, 'data');
  assert.equal(JSON.parse(String(line)).event.client, 'late');
  child.kill();
  await once(child, 'exit');
});

test('verify is content, until somebody has been at it', async () => {
  const { code, out } = await said('verify');
  assert.equal(code, 0);
  assert.match(out, /^5 records of 2 writers/);
  const hand = new DatabaseSync(database);
  hand.exec("UPDATE gatehouse_trail SET client = 'somebody' WHERE position = 2");
  hand.close();
  const after = await said('verify');
  assert.equal(after.code, 1);
  assert.match(after.out, /^record 2 of [0-9a-f]{16}: changed\n$/);
});
