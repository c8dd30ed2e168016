/** The executable as a shell sees it: exit codes, and what goes to which stream. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

function gatehouse(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/gatehouse.js', ...args], {
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('0: all is well', () => {
  const { status, stdout, stderr } = gatehouse(['check', 'examples/minimal.yaml']);
  assert.equal(stderr, '');
  assert.match(stdout, /^ROUTE/);
  assert.equal(status, 0);
});

test('1: the configuration is at fault', () => {
  const { status, stdout, stderr } = gatehouse(['check', '-'], 'routes: 5');
  assert.match(stderr, /^<stdin>:1:9: `routes` is `5`; write a list/);
  assert.equal(stdout, '');
  assert.equal(status, 1);
});

for (const [args, said] of [
  [[], /^ {2}gatehouse run .*\n {2}gatehouse check /],
  [['chek'], /^gatehouse: unknown command `chek`; did you mean `check`\?\n$/],
  [['check', '--jsn'], /^gatehouse check: Unknown option '--jsn'\nusage: gatehouse check \[FILE\] /],
  [['check', 'a', 'b'], /^gatehouse check: one FILE at a time, not 2\nusage: /],
] as const) {
  test(`2: gatehouse ${args.join(' ')} is wrong usage`, () => {
    const { status, stdout, stderr } = gatehouse(args);
    assert.match(stderr, said);
    assert.equal(stdout, '');
    assert.equal(status, 2);
  });
}

test('--help and --version', () => {
  assert.match(gatehouse(['--help']).stdout, /gatehouse schema /);
  assert.equal(gatehouse(['check', '--help']).status, 0);
  assert.match(gatehouse(['--version']).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a Node that is too old is told which one is needed', () => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '20.19.2' } }); await import('./bin/gatehouse.js');`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', pretend], { encoding: 'utf8' });
  assert.equal(stderr, 'gatehouse needs Node 24 or newer; this is Node 20.19.2.\n');
  assert.equal(status, 2);
});
