import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFolder } from '../../test/support/folder.ts';
import { type Terminal, UsageError } from './terminal.ts';
import { whyCommand } from './why.ts';

const YAML = `upstreams: { app: { targets: ["http://127.0.0.1:1"] } }
routes: [{ path: /login, name: login, kind: authentication, upstream: app, auth: none, rate_limit: { quota: 1/min, by: address } }]
`;
const LINE = {
  time: '2026-11-24T09:08:07.006Z',
  request_id: 'id-1',
  method: 'POST',
  path: '/login?code=***',
  route: 'login',
  status: 429,
  address: '192.0.2.1',
  subject: null,
  client_id: null,
  refusal: 'rate_limited',
  stage: 'limit by address',
  limit: 'login #1',
};

async function asked(...args: readonly string[]) {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    readFile(path) {
      if (path === 'g.yaml') return Buffer.from(YAML);
      throw Object.assign(new Error(path), { code: 'ENOENT' });
    },
    readInput: () => Buffer.from('a-token\n'),
    wall: () => 0,
    env: {},
  };
  return { code: await whyCommand.run(args, terminal), out, err };
}

function logOf(...lines: readonly (object | string)[]): string {
  const log = join(createFolder(), 'access.jsonl');
  writeFileSync(log, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return log;
}

test('a line of the access log says the stage and the limit; with FILE also the line of the configuration', async () => {
  const log = logOf('no line of ours with "request_id":"id-1"', LINE, { ...LINE, request_id: 'id-2' });
  const { code, out } = await asked('id-1', 'g.yaml', '--log', log);
  assert.equal(code, 0);
  assert.match(out, /^id-1: POST \/login from 192\.0\.2\.1 at 2026-11-24T09:08:07\.006Z$/m);
  assert.match(out, /^Refused by limit by address: 429 rate_limited$/m);
  assert.match(out, /^Configuration: g\.yaml:2$/m);
  assert.match(out, /^The caller saw 429 rate_limited and this id, and nothing/m);
  const json = JSON.parse((await asked('id-2', '--log', log, '--json')).out) as Record<string, unknown>;
  assert.deepEqual([json.request_id, json.place, json.limit], ['id-2', null, 'login #1']);
});

test('what a log holds does nothing to a terminal, and no token in it is shown', async () => {
  const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';
  const { out } = await asked('id-1', '--log', logOf({ ...LINE, subject: '\u001b[2J\u202e', path: `/${token}` }));
  assert.match(out, /^Caller: \?\[2J\?$/m);
  assert.ok(!out.includes('eyJ') && !out.includes('c2lnbmF0dXJl'));
});

test('who was not refused, is not there, or cannot be looked for is 1', async () => {
  const { refusal: _, ...admitted } = LINE;
  const log = logOf({ ...admitted, status: 200 });
  const cases = [
    [['id-1', '--log', log], /the gateway did not refuse id-1/],
    [['id-3', '--log', log], /^no line of .* is of the request id-3$/m],
    [['id-1', '--log', `${log}.gone`], /ENOENT/],
    [['id-1', 'none.yaml', '--log', log], /^none\.yaml:1:1: there is no such file/],
    [['id-1', 'none.yaml', '--token', 'x'], /^none\.yaml:1:1: /],
    [['id-1', '--admin', 'http://127.0.0.1:1', '--token', '-'], /^http:\/\/127\.0\.0\.1:1 does not answer/],
  ] as const;
  for (const [args, message] of cases) {
    const { code, out, err } = await asked(...args);
    assert.deepEqual([code, out], [1, ''], args.join(' '));
    assert.match(err, message);
  }
});

for (const args of [
  [],
  ['a b'],
  ['id', 'g.yaml', 'more.yaml'],
  ['id', '--admin', 'http://127.0.0.1:9901'],
  ['id', '--admin', 'ftp://a', '--token', 'x'],
  ['id', '--admin', 'http://a/path', '--token', 'x'],
  ['id', '--token', 'a b'],
]) {
  test(`${JSON.stringify(args)} is wrong usage`, () => assert.rejects(asked(...args), UsageError));
}
