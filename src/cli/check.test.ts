import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './check.ts';
import { schema } from './schema.ts';
import { type Terminal, UsageError } from './terminal.ts';

const GOOD =
  'upstreams: { app: { targets: ["http://127.0.0.1:1"] } }\nroutes: [{ path: /, kind: operations, upstream: app, auth: none }]\n';

function terminalWith(files: Readonly<Record<string, string>>) {
  let out = '';
  let err = '';
  const read = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return Buffer.from(text);
  };
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    readFile: read,
    readInput: () => read('-'),
    wall: () => 0,
    env: {},
  };
  return { terminal, printed: () => ({ out, err }) };
}

async function checked(args: readonly string[], files: Readonly<Record<string, string>>) {
  const { terminal, printed } = terminalWith(files);
  return { code: await check.run(args, terminal), ...printed() };
}

test('a good file is a table and 0', async () => {
  const { code, out, err } = await checked(['a.yaml'], { 'a.yaml': GOOD });
  assert.equal(code, 0);
  assert.match(out, /^ROUTE .*\n\/ .*operations/);
  assert.equal(err, '');
});

test('a bad file is its faults and 1', async () => {
  const { code, out, err } = await checked(['a.yaml'], {
    'a.yaml': GOOD.replace('kind:', 'knd:').replace('auth:', 'aut:'),
  });
  assert.equal(code, 1);
  assert.equal(out, '');
  assert.deepEqual(err.match(/^a\.yaml:2:\d+: unknown key `\w+`; did you mean `\w+`\?$/gm)?.length, 2);
});

test('warnings stand beside the table and are no failure', async () => {
  const { code, out, err } = await checked(['a.yaml'], { 'a.yaml': `${GOOD}admin: { listen: "0.0.0.0:9901" }` });
  assert.equal(code, 0);
  assert.match(out, /^ROUTE/);
  assert.match(err, /^a\.yaml:3:18: warning: /);
});

const OFF = `upstreams: { app: { targets: ["http://127.0.0.1:1"], circuit_breaker: off } }
routes:
  - { path: /a, upstream: app, auth: none, rate_limit: { quota: 1/s, by: address } }
  - { path: /login, kind: internal, upstream: app, auth: none }
`;

test('what the audit refuses is shown beside what it was found in', async () => {
  const { code, out, err } = await checked(['a.yaml'], { 'a.yaml': OFF });
  assert.equal(code, 1);
  assert.match(out, /^\/login .*OFF/m);
  assert.match(
    err,
    /^a\.yaml:1:71: warning: `app` has no circuit breaker, .*; leave .* \[breaker-off\]\n {4}When the service hangs/,
  );
  assert.match(err, /^a\.yaml:4:5: `\/login` looks like .* \[login-without-limit\]$/m);
  assert.match(err, /^1 error, 1 warning$/m);
});

test('--strict has warnings fail', async () => {
  const warned = { 'a.yaml': `${GOOD}admin: { listen: "0.0.0.0:9901" }` };
  assert.equal((await checked(['a.yaml', '--strict'], warned)).code, 1);
  assert.equal((await checked(['a.yaml', '--strict'], { 'a.yaml': GOOD })).code, 0);
});

test('--json has the findings apart from the faults, with what happens and the mend', async () => {
  const { code, out } = await checked(['--json', 'a.yaml'], { 'a.yaml': OFF });
  const { ok, faults, findings, routes } = JSON.parse(out);
  assert.deepEqual([code, ok, faults.length, routes.length], [1, false, 0, 2]);
  const { why, message, mend, ...login } = findings[1];
  assert.deepEqual(login, {
    rule: 'login-without-limit',
    severity: 'error',
    file: 'a.yaml',
    line: 4,
    column: 5,
    route: '/login',
  });
  assert.match(why, /^Passwords/);
  assert.match(message, /passwords can be tried$/);
  assert.match(mend, /10\/min/);
});

test('without FILE it is gatehouse.yaml, and - is standard input', async () => {
  assert.equal((await checked([], { 'gatehouse.yaml': GOOD })).code, 0);
  assert.equal((await checked(['-'], { '-': GOOD })).code, 0);
  assert.match((await checked(['-'], { '-': '' })).err, /^<stdin>:1:1: the file is empty/);
  assert.match((await checked([], {})).err, /^gatehouse\.yaml:1:1: there is no such file/);
});

test('--json prints values, whatever they say', async () => {
  const good = JSON.parse((await checked(['--json', 'a.yaml'], { 'a.yaml': GOOD })).out);
  assert.equal(good.ok, true);
  assert.equal(good.routes[0].kind, 'operations');
  const { code, out, err } = await checked(['--json', 'a.yaml'], { 'a.yaml': 'routes: 5' });
  assert.equal(code, 1);
  assert.equal(err, '');
  const bad = JSON.parse(out);
  assert.equal(bad.ok, false);
  assert.deepEqual(
    { ...bad.faults[0], message: '' },
    { file: 'a.yaml', line: 1, column: 9, severity: 'error', message: '' },
  );
});

test('arguments that make no sense are an error of their own', async () => {
  const { terminal } = terminalWith({});
  await assert.rejects(async () => check.run(['a', 'b'], terminal), UsageError);
  await assert.rejects(async () => check.run(['--jsn'], terminal), { code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' });
  assert.throws(() => schema.run(['a'], terminal), { code: 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL' });
});

test('the schema is printed as JSON', async () => {
  const { terminal, printed } = terminalWith({});
  assert.equal(await schema.run([], terminal), 0);
  assert.equal(JSON.parse(printed().out).title, 'Gatehouse configuration');
});
