import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainCommand } from './explain.ts';
import { readCurl } from './curl.ts';
import { type Terminal, UsageError } from './terminal.ts';

const YAML = `
upstreams: { app: { targets: ["http://127.0.0.1:1"] } }
routes:
  - { path: /login, methods: [POST], kind: authentication, upstream: app, auth: none }
`;

async function explained(...args: readonly string[]) {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    readFile(path) {
      if (path === 'g.yaml') return Buffer.from(YAML);
      if (path === 'bad.yaml') return Buffer.from('routes: 5');
      throw Object.assign(new Error(path), { code: 'ENOENT' });
    },
    readInput: () => Buffer.from(''),
    wall: () => Date.UTC(2026, 10, 24),
    env: {},
  };
  return { code: await explainCommand.run(args, terminal), out, err };
}

test('0: admitted; 1: refused, with the stage, the line and the change', async () => {
  const admitted = await explained('g.yaml', 'POST', 'https://a/login');
  assert.equal(admitted.code, 0);
  assert.match(admitted.out, /^route +passes +g\.yaml:4 +POST \/login$/m);
  assert.match(admitted.out, /^ {2}X-Forwarded-For: 203\.0\.113\.1$/m);
  const refused = await explained('g.yaml', 'POST', '/login', '--state', 'POST /login #authentication=10');
  assert.match(refused.out, /^limit by address +REFUSES +g\.yaml:4/m);
  assert.match(refused.out, /^The smallest change: wait \d+ s/m);
  assert.equal(refused.code, 1);
});

test('--json prints the same as values', async () => {
  const { code, out } = await explained('g.yaml', 'GET', '/login', '--json');
  const said = JSON.parse(out);
  assert.equal(code, 1);
  assert.equal(said.refusal.code, 'method_not_allowed');
  assert.equal(said.change.changes[0].kind, 'method');
});

test('a configuration at fault is 1, with its faults', async () => {
  const { code, err } = await explained('bad.yaml', 'GET', '/');
  assert.equal(code, 1);
  assert.match(err, /^bad\.yaml:1:9: /);
});

for (const args of [
  ['g.yaml', 'GET'],
  ['g.yaml', 'GET', 'ftp://a/'],
  ['g.yaml', 'G ET', '/'],
  ['g.yaml', 'GET', '/', '--address', 'nobody'],
  ['g.yaml', 'GET', '/', '--claims', '[]'],
  ['g.yaml', 'GET', '/', '--claims', '{}', '--token', 'x'],
  ['g.yaml', 'GET', '/', '--at', 'noon'],
  ['g.yaml', 'GET', '/', '-H', 'no colon'],
  ['g.yaml', 'GET', '/', '-H', 'a: b\r\nc: d'],
  ['g.yaml', 'GET', '/', '--state', 'logn=3'],
  ['g.yaml', 'GET', '/', '--state', 'open=apq'],
  ['g.yaml', 'GET', '/', '--state', 'revoked=x'],
  ['g.yaml', 'GET', '/', '--jwks', 'none.json'],
  ['g.yaml', 'GET', '/', '--client-certificate', 'g.yaml'],
  ['g.yaml', '--curl', "curl 'https://a"],
  ['g.yaml', '--curl', 'curl --ftp https://a'],
  ['g.yaml', '--curl', 'wget https://a'],
]) {
  test(`${JSON.stringify(args.slice(1))} is wrong usage`, () => assert.rejects(explained(...args), UsageError));
}

test('a command of curl is the request that it would send', () => {
  const json = readCurl(`curl -sSL -XPUT 'https://a/b?c' \\\n -H "X-A: it's" --json '{"a":1}' -u me:secret`);
  assert.deepEqual([json.method, json.url, json.bodyLength], ['PUT', 'https://a/b?c', 7]);
  assert.deepEqual(Object.fromEntries(json.fields), {
    Authorization: 'Basic bWU6c2VjcmV0',
    Accept: 'application/json',
    'Content-Type': 'application/json',
    'X-A': "it's",
  });
  const posted = readCurl('curl https://a -d a=1 -d b=2');
  assert.deepEqual([posted.method, posted.bodyLength], ['POST', 7]);
  const asked = readCurl('curl -G https://a/?x=1 -d a=1');
  assert.deepEqual([asked.method, asked.url, asked.bodyLength], ['GET', 'https://a/?x=1&a=1', 0]);
  assert.equal(readCurl('curl -I https://a').method, 'HEAD');
});
