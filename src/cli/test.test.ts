import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './check.ts';
import { type Command, type Terminal, UsageError } from './terminal.ts';
import { testCommand } from './test.ts';

const PLAIN = `upstreams: { app: { targets: ["http://127.0.0.1:1"] } }
routes: [{ path: /here, kind: operations, upstream: app, auth: none }]
`;
const GOOD = 'tests: [{ request: { path: /here }, expect: { status: 200 } }]\n';
const BAD = 'tests: [{ name: gone, request: { path: /there }, expect: { status: 200 } }]\n';
const FILES: Readonly<Record<string, string>> = {
  'none.yaml': PLAIN,
  'good.yaml': PLAIN + GOOD,
  'bad.yaml': PLAIN + BAD,
  'more.yaml': BAD,
  'broken.yaml': 'routes: 5',
};

async function ran(command: Command, ...args: readonly string[]) {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    readFile(path) {
      if (FILES[path] !== undefined) return Buffer.from(FILES[path]);
      throw Object.assign(new Error(path), { code: 'ENOENT' });
    },
    readInput: () => Buffer.from(''),
    wall: () => 0,
    env: {},
  };
  return { code: await command.run(args, terminal), out, err };
}

test('0: all as expected; 1: not, with the place, the name and what came', async () => {
  assert.deepEqual(await ran(testCommand, 'good.yaml'), { code: 0, out: '1 test passed\n', err: '' });
  const bad = await ran(testCommand, 'bad.yaml');
  assert.equal(bad.code, 1);
  assert.match(bad.err, /^bad\.yaml:3:68: gone: expected status 200, came 404 no_route\n1 test, 1 not as expected\n$/);
});

test('--tests takes them from a file beside it', async () => {
  const { code, err } = await ran(testCommand, 'good.yaml', '--tests', 'more.yaml');
  assert.equal(code, 1);
  assert.match(err, /^more\.yaml:1:68: gone: /);
  assert.match((await ran(testCommand, 'good.yaml', '--tests', 'no.yaml')).err, /^no\.yaml:1:1: there is no such file/);
});

test('--json prints the same as values', async () => {
  const { code, out, err } = await ran(testCommand, 'bad.yaml', '--json');
  const { ok, tests, failures } = JSON.parse(out) as { ok: boolean; tests: number; failures: { line: number }[] };
  assert.deepEqual([code, ok, tests, failures[0]?.line, err], [1, false, 1, 3, '']);
});

test('no tests and a configuration at fault are 1, two files wrong usage', async () => {
  assert.match((await ran(testCommand, 'none.yaml')).err, /^none\.yaml:1:1: there are no `tests`/);
  assert.match((await ran(testCommand, 'broken.yaml')).err, /^broken\.yaml:1:9: /);
  await assert.rejects(ran(testCommand, 'good.yaml', 'bad.yaml'), UsageError);
});

test('`check` runs them too, and shows its table all the same', async () => {
  assert.equal((await ran(check, 'good.yaml')).code, 0);
  const { code, out, err } = await ran(check, 'bad.yaml');
  assert.equal(code, 1);
  assert.match(out, /\/here/);
  assert.match(err, /^bad\.yaml:3:68: gone: expected status 200, came 404 no_route$/m);
});
