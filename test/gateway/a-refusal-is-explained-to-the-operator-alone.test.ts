import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { whyCommand } from '../../src/cli/why.ts';
import type { Why } from '../../src/why/why.ts';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
after(() => Promise.all([issuer.close(), upstream.close()]));
const TOKEN = 'an-admin-token-of-at-least-32-characters';
const ADMIN = { env: { ADMIN_TOKEN: TOKEN }, admin: "token: '${ADMIN_TOKEN}'" };

const YAML = `
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /orders, kind: internal, upstream: orders, auth: { issuer: main, scopes: [orders:write] }, rate_limit: none }
  - { path: /login, kind: authentication, upstream: orders, auth: none, rate_limit: { quota: 1/min, by: address } }
`;

async function why(adminPort: number, id: string, token = TOKEN) {
  const headers = { Authorization: `Bearer ${token}` };
  return await fetch(`http://127.0.0.1:${adminPort}/why/${id}`, { headers });
}

test('whoever shows the admin token hears the stage, the line and the facts, and never a token', async (t) => {
  const gateway = await startGateway(YAML, ADMIN);
  t.after(() => gateway.close());
  const tokens = [
    await issuer.mint({ exp: 1_700_000_000 }),
    await issuer.mint({ aud: 'other' }),
    await issuer.mint({ scope: 'orders:read' }),
    await issuer.mint({}, { header: { kid: 'nobody-has-it' } }),
    'opaque-secret-that-is-no-jwt',
  ];
  const said: string[] = [];
  const answers: Why[] = [];
  for (const token of tokens) {
    const refusal = await ask(gateway.port, '/orders', { headers: { Authorization: `Bearer ${token}` } });
    const reply = await why(gateway.adminPort, refusal.json().request_id);
    assert.equal(reply.status, 200);
    const text = await reply.text();
    said.push(text);
    answers.push(JSON.parse(text) as Why);
    assert.ok(!refusal.body.includes('test.yaml') && !refusal.body.includes('kid'));
  }
  assert.deepEqual(
    answers.map(({ stage, code, reason }) => [stage, code, reason]),
    [
      ['authenticate', 'invalid_token', 'expired'],
      ['authenticate', 'invalid_token', 'audience'],
      ['authorize', 'insufficient_scope', null],
      ['authenticate', 'invalid_token', 'unknown_key'],
      ['authenticate', 'invalid_token', 'malformed'],
    ],
  );
  const [expired, audience, scope, key, opaque] = answers;
  assert.match(expired!.place ?? '', /^test\.yaml:4:/);
  assert.equal(expired!.token?.issuer, issuer.issuer);
  assert.equal(expired!.token?.kid, issuer.key().kid);
  assert.match(expired!.token?.facts[0] ?? '', /^it expired \d+ h ago, \d+ h past the clock skew/);
  assert.deepEqual(audience!.token?.facts, ['audience seen: "other"', `wanted: ${issuer.audience}`]);
  assert.match(scope!.place ?? '', /^test\.yaml:7:/);
  assert.deepEqual(scope!.token?.facts, ['scopes needed: orders:write', 'scopes had: orders:read']);
  assert.equal(scope!.token?.verified, true);
  assert.match(key!.token?.facts[0] ?? '', /^key seen: "nobody-has-it"/);
  assert.equal(opaque!.token, null);
  for (const token of tokens) {
    for (const part of [token, ...token.split('.')]) assert.ok(!said.join('').includes(part), part);
  }

  const login = () => ask(gateway.port, '/login', { method: 'POST' });
  await login();
  const limited = (await (await why(gateway.adminPort, (await login()).json().request_id)).json()) as Why;
  assert.deepEqual([limited.stage, limited.code], ['limit by address', 'rate_limited']);
  assert.deepEqual([limited.counters?.quota, limited.counters?.used, limited.counters?.window_s], [1, 1, 60]);
  assert.equal(limited.counters?.wait_s, limited.retry_after_s);
  assert.match(limited.place ?? '', /^test\.yaml:8:/);
  const line = (await gateway.accessLines(tokens.length + 2)).at(-1);
  assert.equal(line?.stage, 'limit by address');
});

test('what was not refused is 404, nobody else is told, and without a token there is no such page', async (t) => {
  const gateway = await startGateway(YAML, ADMIN);
  t.after(() => gateway.close());
  const unknown = await why(gateway.adminPort, 'unknown');
  assert.equal(unknown.status, 404);
  assert.equal(unknown.headers.get('content-type'), 'application/problem+json');
  const id = (await ask(gateway.port, '/orders')).json().request_id;
  assert.equal((await why(gateway.adminPort, id)).status, 200);
  assert.equal((await why(gateway.adminPort, id, 'no-such-token')).status, 401);
  assert.equal((await ask(gateway.port, `/why/${id}`)).json().code, 'no_route');
  const posted = await fetch(`http://127.0.0.1:${gateway.adminPort}/why/${id}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TOKEN}` },
  });
  assert.equal(posted.status, 405);
  // What was refused before a reload is known after it.
  assert.ok((await gateway.reloadWith(YAML.replace('1/min', '2/min'))).ok);
  assert.equal((await why(gateway.adminPort, id)).status, 200);

  const bare = await startGateway(YAML);
  t.after(() => bare.close());
  const bareId = (await ask(bare.port, '/orders')).json().request_id;
  const absent = await why(bare.adminPort, bareId);
  assert.equal(absent.status, 404);
  assert.equal(await absent.text(), 'no such page\n');
});

test('`gatehouse why` asks the running gateway', async (t) => {
  const gateway = await startGateway(YAML, ADMIN);
  const bare = await startGateway(YAML);
  t.after(() => Promise.all([gateway.close(), bare.close()]));
  const id = (await ask(gateway.port, '/orders')).json().request_id;
  const asked = async (which: string, port: number, token = TOKEN) => {
    let said = '';
    const code = await whyCommand.run([which, '--admin', `http://127.0.0.1:${port}`], {
      out: (text) => void (said += text),
      err: (text) => void (said += text),
      readFile: () => Buffer.from(''),
      readInput: () => Buffer.from(''),
      wall: () => 0,
      env: { GATEHOUSE_ADMIN_TOKEN: token },
    });
    return { code, said };
  };
  const { code, said } = await asked(id, gateway.adminPort);
  assert.equal(code, 0);
  assert.match(said, /^Refused by authenticate: 401 missing_token$/m);
  assert.match(said, /^Configuration: test\.yaml:7$/m);
  assert.match((await asked('unknown', gateway.adminPort)).said, /^unknown is not among the latest refusals/);
  assert.match((await asked(id, gateway.adminPort, 'bad')).said, /does not take this admin token$/m);
  assert.match((await asked(id, bare.adminPort)).said, /has no `admin\.token`$/m);
});
