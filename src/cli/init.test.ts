import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createFolder } from '../../test/support/folder.ts';
import { sourceOf } from '../../test/support/source.ts';
import { formatFault } from '../config/faults.ts';
import { parseConfig } from '../config/load.ts';
import { initialize, type Prompt } from './init.ts';
import { type Terminal, UsageError } from './terminal.ts';

const TODAY = Date.UTC(2026, 10, 25);
const nobody: Prompt = async (_, otherwise) => otherwise;

async function initialized(
  args: readonly string[],
  { files = {}, ask = nobody }: { files?: Record<string, string>; ask?: Prompt } = {},
) {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    readFile(path) {
      if (files[path] === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
      return Buffer.from(files[path]);
    },
    readInput: () => Buffer.from(files['-'] ?? ''),
    wall: () => TODAY,
    env: {},
  };
  return { code: await initialize(args, terminal, ask), out, err };
}

/** What `check` has against it. */
function findings(text: string): readonly string[] {
  const loaded = parseConfig(text, 'g.yaml', sourceOf({ wall: TODAY }));
  return (loaded.config === undefined ? loaded.faults : loaded.warnings).map(formatFault);
}

const TOKENS = ['--issuer', 'https://auth.example.com', '--audience', 'orders'];
const API = `
openapi: 3.0.3
servers: [{ url: http://127.0.0.1:4000/v1 }]
security: [{ oauth: ['orders:read'] }]
paths:
  /orders/{id}: { get: {}, delete: { security: [{ oauth: ['orders:write'] }] } }
  /login: { post: { security: [] } }
  /password/reset: { post: { security: [] } }
  /comments: { post: { security: [] } }
  /healthz: { get: { security: [] } }
  '/a:b/{x y}': { get: {} }
`;

for (const args of [[], TOKENS, [...TOKENS, '--login', '/session'], ['--login', '/login', '--quota', '5/s']]) {
  test(`init ${args.join(' ')} writes what check has nothing against`, async () => {
    const { code, out, err } = await initialized(['-', ...args]);
    assert.deepEqual([code, err, findings(out)], [0, '', []], out);
  });
}

test('what is answered stands in it', async () => {
  const answers: Record<string, string> = {
    service: 'http://10.0.0.7:80',
    tokens: 'https://auth.example.com',
    aud: 'api',
    requests: '7/s',
    sign: '/enter',
  };
  const ask: Prompt = async (question, otherwise) =>
    Object.entries(answers).find(([word]) => question.includes(word))?.[1] ?? otherwise;
  const { out } = await initialized(['-'], { ask });
  for (const answer of Object.values(answers)) assert.ok(out.includes(answer), answer);
  assert.deepEqual(findings(out), []);
});

for (const tokens of [TOKENS, []]) {
  test(`an OpenAPI description becomes routes that check has nothing against, ${tokens.length > 0 ? 'with' : 'without'} an issuer`, async () => {
    const { code, out } = await initialized(['-', '--openapi', 'api.yaml', ...tokens], { files: { 'api.yaml': API } });
    assert.deepEqual([code, findings(out)], [0, []], out);
    assert.match(out, /path: \/v1\/login\n {4}methods: \[POST\]\n {4}kind: authentication\n/);
    assert.match(out, /rule: anonymous-writes\n {4}route: "?POST \/v1\/comments"?\n.*\n {4}until: 2026-12-25/);
    if (tokens.length > 0) assert.match(out, /GET: \[orders:read\], DELETE: \[orders:write\]/);
  });
}

test('a file that is there is not written over, unless told so', async () => {
  const file = `${createFolder()}/gatehouse.yaml`;
  writeFileSync(file, 'mine');
  const { code, err } = await initialized([file]);
  assert.equal(code, 1);
  assert.match(err, /is there already; --force/);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  assert.equal((await initialized([file, '--force'])).code, 0);
  assert.match(readFileSync(file, 'utf8'), /^upstreams:/m);
});

test('a description that is none is 1, and nothing is written', async () => {
  const file = `${createFolder()}/gatehouse.yaml`;
  for (const [files, wrong] of [
    [{}, /no such file/],
    [{ 'api.yaml': 'a: [' }, /neither YAML nor JSON/],
    [{ 'api.yaml': '{}' }, /no OpenAPI 3 description/],
  ] as const) {
    // eslint-disable-next-line no-await-in-loop -- one after another
    const { code, err } = await initialized([file, '--openapi', 'api.yaml'], { files });
    assert.equal(code, 1);
    assert.match(err, wrong);
  }
  assert.equal(existsSync(file), false);
});

for (const args of [
  ['a', 'b'],
  ['-', '--service', 'here'],
  ['-', '--issuer', 'auth'],
  ['-', '--issuer', 'https://auth.example.com'],
  ['-', '--quota', 'many'],
]) {
  test(`init ${args.join(' ')} is wrong usage`, () => assert.rejects(initialized(args), UsageError));
}
