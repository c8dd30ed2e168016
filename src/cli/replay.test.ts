import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createFolder } from '../../test/support/folder.ts';
import { replayCommand } from './replay.ts';
import { type Terminal, UsageError } from './terminal.ts';

const YAML = `
issuers: { main: { issuer: https://auth.example.com, jwks_uri: https://auth.example.com/jwks, audience: api } }
upstreams: { app: { targets: ["http://127.0.0.1:1"] } }
rate_limits: { plan: { by: user, plan_claim: plan, plans: { free: 2/min, paid: 100/min }, default_plan: free } }
routes:
  - { path: /login, methods: [POST], kind: authentication, upstream: app, auth: none }
  - { path: /api/*, kind: public, upstream: app, auth: { issuer: main }, rate_limit: plan }
`;
const START = Date.UTC(2026, 10, 24);

function line(
  second: number,
  method: string,
  path: string,
  address: string,
  user: string | null,
  status = 200,
): string {
  const time = new Date(START + second * 1000).toISOString();
  return `{"time":"${time}","request_id":"r","method":"${method}","path":"${path}","route":"x","status":${status},"address":"${address}","subject":${JSON.stringify(user)},"client_id":null}`;
}

async function replayed(log: string | Buffer, ...args: readonly string[]) {
  let out = '';
  let err = '';
  const folder = createFolder();
  const name = typeof log === 'string' ? 'access.jsonl' : 'access.jsonl.gz';
  writeFileSync(`${folder}/${name}`, log);
  writeFileSync(`${folder}/callers.json`, '{"bob":{"plan":"paid"}}');
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    readFile: (path) => Buffer.from(path.endsWith('callers.json') ? '{"bob":{"plan":"paid"}}' : YAML),
    readInput: () => Buffer.from(''),
    wall: () => START,
    env: {},
  };
  const code = await replayCommand.run(['g.yaml', '--log', `${folder}/${name}`, ...args], terminal);
  return { code, out, err };
}

async function reported(log: string, ...args: readonly string[]) {
  const { out } = await replayed(log, '--json', ...args);
  return JSON.parse(out);
}

test('says whom the limits would have refused, by route, limit and caller', async () => {
  const log = [
    ...Array.from({ length: 12 }, (_, at) => line(at, 'POST', '/login', '192.0.2.7', null)),
    ...Array.from({ length: 5 }, (_, at) => line(20 + at, 'GET', '/api/orders', '192.0.2.8', 'alice')),
    line(30, 'GET', '/nowhere', '192.0.2.8', null),
  ].join('\n');
  const report = await reported(log);
  assert.equal(report.requests, 18);
  assert.deepEqual(
    report.routes.map(({ route, requests, refused }: Record<string, unknown>) => [route, requests, refused]),
    [
      ['POST /login', 12, { rate_limited: 2 }],
      ['/api/*', 5, { rate_limited: 3 }],
      ['(no route)', 1, { no_route: 1 }],
    ],
  );
  const [login, plan] = report.limits;
  assert.deepEqual(
    [login.quota, login.refused, login.peaks[0].caller, login.peaks[0].peak],
    ['10/min', 2, '192.0.2.7', 12],
  );
  assert.deepEqual([plan.quota, plan.refused, plan.suggested_quota], ['2/min', 3, '5/min']);
});

test('a plan comes from the claims that are known of a user', async () => {
  const log = Array.from({ length: 5 }, (_, at) => line(at, 'GET', '/api/orders', '192.0.2.8', 'bob')).join('\n');
  assert.deepEqual((await reported(log)).routes[0].refused, { rate_limited: 3 });
  assert.deepEqual((await reported(log, '--callers', 'callers.json')).routes[0].refused, {});
});

test('counts the users of an address', async () => {
  const log = ['alice', 'bob', 'carol', 'alice'].map((user, at) => line(at, 'GET', '/api/a', '192.0.2.8', user));
  const { addresses } = await reported([...log, line(9, 'GET', '/api/a', '192.0.2.9', 'alice')].join('\n'));
  assert.deepEqual([addresses.with_users, addresses.shared], [2, 1]);
  assert.deepEqual(addresses.most_users, [{ address: '192.0.2.8', users: 3 }]);
});

test('what a token was refused for then is refused now, and uses no quota of a caller', async () => {
  const log = Array.from({ length: 5 }, (_, at) => line(at, 'GET', '/api/orders', '192.0.2.8', null, 401)).join('\n');
  const { routes, limits, unnamed } = await reported(log);
  assert.deepEqual([routes[0].refused, limits, unnamed], [{ authentication: 5 }, [], 0]);
});

test('broken lines are passed over and named, and a log of nothing else is at fault', async () => {
  const { code, err, out } = await replayed(`${line(0, 'GET', '/api/a', '192.0.2.8', 'a')}\nrubbish\n\n{"time"\n`);
  assert.equal(code, 0);
  assert.match(err, /2 lines are no lines of an access log and were passed over: 2, 4\n/);
  assert.match(out, /^1 requests/);
  assert.equal((await replayed('rubbish\n')).code, 1);
});

test('a line that never ends does not fill the memory', async () => {
  const { err } = await replayed(`${'x'.repeat(3_000_000)}\n${line(0, 'GET', '/api/a', '192.0.2.8', 'a')}\n`);
  assert.match(err, /lines are no lines of an access log/);
});

test('a log may be packed by gzip; one that is not what its name says is at fault', async () => {
  const good = gzipSync(line(0, 'GET', '/api/a', '192.0.2.8', 'a'));
  assert.match((await replayed(good)).out, /^1 requests/);
  const { code, err } = await replayed(Buffer.from('rubbish'));
  assert.equal(code, 1);
  assert.match(err, /incorrect header check/);
});

test('a log that is not there is 1; options that make no sense are 2', async () => {
  const terminal = {
    err: () => {},
    out: () => {},
    readFile: () => Buffer.from(YAML),
    wall: () => 0,
  } as unknown as Terminal;
  assert.equal(await replayCommand.run(['g.yaml', '--log', '/nowhere/log'], terminal), 1);
  for (const args of [[], ['--log', 'x', '--target', '5'], ['--log', 'x', '--top', 'all'], ['--log', 'x', 'a', 'b']]) {
    // eslint-disable-next-line no-await-in-loop -- one after another
    await assert.rejects(async () => await replayCommand.run(args, terminal), UsageError);
  }
});
