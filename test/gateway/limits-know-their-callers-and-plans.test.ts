import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, type Reply } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer, type Claims } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const clock = createFakeClock();
const issuer = await startIssuer({ now: clock.wall });
const other = await startIssuer({ issuer: 'https://other.example', now: clock.wall });
const upstream = await startUpstream();
const gateway = await startGateway(
  `
trusted_proxies: [127.0.0.0/8]
issuers:
  main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" }
  other: { issuer: "${other.issuer}", jwks_uri: "${other.jwksUri}", audience: "${other.audience}" }
upstreams: { orders: { targets: ["${upstream.url}"] } }
failed_authentications: { quota: 20/min }
rate_limits:
  login: { quota: 10/min, by: address }
  plan: { by: user, plan_claim: plan, plans: { free: 5/min, paid: 8/min }, default_plan: free }
  user: { quota: 3/min, by: user }
  tenant: { quota: 4/min, by: "claim:tenant_id" }
  client: { quota: 2/min, by: client }
  watched: { quota: 2/min, by: address, mode: observe }
routes:
  - { path: /login, methods: [POST], kind: authentication, upstream: orders, auth: { issuer: main }, rate_limit: login }
  - { path: /plan, kind: public, upstream: orders, auth: { issuer: main }, rate_limit: plan }
  - { path: /both, kind: public, upstream: orders, auth: { issuer: main }, rate_limit: [user, { quota: 100/min, by: address }, tenant] }
  - { path: /other, kind: public, upstream: orders, auth: { issuer: other }, rate_limit: user }
  - { path: /user, kind: public, upstream: orders, auth: { issuer: main }, rate_limit: user }
  - { path: /client, kind: public, upstream: orders, auth: { issuer: main }, rate_limit: client }
  - { path: /other-client, kind: public, upstream: orders, auth: { issuer: other }, rate_limit: client }
  - { path: /open, kind: public, upstream: orders, auth: none, rate_limit: user }
  - { path: /watched, kind: public, upstream: orders, auth: none, rate_limit: watched }
  - { name: inside, path: /inside, kind: internal, upstream: orders, auth: none, rate_limit: { quota: 2/min, by: address } }
  - { path: /mixed, kind: public, upstream: orders, auth: { issuer: main }, rate_limit: { quota: 100/min, by: address } }
  - { path: /healthz, kind: operations, upstream: orders, auth: none }
`,
  { clock },
);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close(), other.close()]));

let addresses = 0;
const newAddress = () => `203.0.${addresses >> 8}.${addresses++ & 255}`;

interface Call {
  readonly token?: string;
  readonly from?: string;
  readonly method?: string;
}

function call(path: string, { token, from = newAddress(), method = 'GET' }: Call = {}): Promise<Reply> {
  const headers = { 'X-Forwarded-For': from, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
  return ask(gateway.port, path, { method, headers });
}

const mint = (claims: Claims) => issuer.mint(claims);
const left = (reply: Reply) => reply.headers.get('ratelimit') ?? '';

test('RL-06 RL-08 sign-ins are counted by address before any token is looked at, bad ones too', async () => {
  const from = newAddress();
  const before = upstream.received.length;
  for (let at = 0; at < 10; at++) {
    const reply = await call('/login', { from, method: 'POST', token: `bad.token.${at}` });
    assert.equal(reply.status, 401);
    assert.equal(left(reply).split(';')[1], `r=${9 - at}`, 'a 401 says what is left');
  }
  for (const token of ['bad.token.x', await mint({ sub: 'good' })]) {
    const reply = await call('/login', { from, method: 'POST', token });
    assert.equal(reply.status, 429);
    assert.equal(reply.json().code, 'rate_limited');
  }
  assert.equal(upstream.received.length, before);
  assert.equal((await call('/login', { method: 'POST', token: await mint({ sub: 'good' }) })).status, 200);
});

test('RL-07 the quota is that of the plan; a change of plan counts at once and forgives nothing', async () => {
  for (let at = 0; at < 5; at++)
    assert.equal((await call('/plan', { token: await mint({ sub: 'p', plan: 'free' }) })).status, 200);
  assert.equal((await call('/plan', { token: await mint({ sub: 'p', plan: 'free' }) })).status, 429);
  const paid = await mint({ sub: 'p', plan: 'paid' });
  const first = await call('/plan', { token: paid });
  assert.equal(first.headers.get('ratelimit-policy'), '"plan";q=8;w=60');
  assert.match(left(first), /r=2;/);
  for (let at = 0; at < 2; at++) assert.equal((await call('/plan', { token: paid })).status, 200);
  assert.equal((await call('/plan', { token: paid })).status, 429);
  assert.equal((await call('/plan', { token: await mint({ sub: 'p', plan: 'free' }) })).status, 429);
  for (const plan of [undefined, 'gold', ['paid'], '__proto__']) {
    const reply = await call('/plan', { token: await mint({ sub: `p ${String(plan)}`, plan }) });
    assert.equal(reply.headers.get('ratelimit-policy'), '"plan";q=5;w=60');
  }
});

test('RL-08 a user is counted by name wherever it calls from, and a stranger by address', async () => {
  const token = await mint({ sub: 'roamer' });
  for (let at = 0; at < 3; at++) assert.equal((await call('/user', { token })).status, 200);
  assert.equal((await call('/user', { token })).status, 429);
  assert.equal((await call('/user', { token: await mint({ sub: 'roamer', jti: 'another token' }) })).status, 429);
  const from = newAddress();
  for (let at = 0; at < 3; at++) assert.equal((await call('/open', { from })).status, 200);
  assert.equal(
    (await call('/open', { from, token: `bad.token.x` })).status,
    429,
    'a token where none is asked for gives no other count',
  );
  assert.equal((await call('/open')).status, 200);
});

test('RL-09 subjects of two issuers, a user that is called like an address, and parts that join alike are apart', async () => {
  const from = newAddress();
  for (let at = 0; at < 3; at++)
    assert.equal((await call('/user', { from, token: await mint({ sub: 'same' }) })).status, 200);
  assert.equal((await call('/user', { from, token: await mint({ sub: 'same' }) })).status, 429);
  assert.equal((await call('/other', { from, token: await other.mint({ sub: 'same' }) })).status, 200);
  assert.equal((await call('/user', { token: await mint({ sub: from }) })).status, 200);
  assert.match(left(await call('/open', { from })), /r=2;/);
});

test('RL-09 a client is counted by its issuer and id, and without one by address', async () => {
  for (let at = 0; at < 2; at++)
    assert.equal((await call('/client', { token: await mint({ sub: `c${at}`, client_id: 'app' }) })).status, 200);
  assert.equal((await call('/client', { token: await mint({ sub: 'c9', client_id: 'app' }) })).status, 429);
  assert.equal((await call('/client', { token: await mint({ sub: 'c9' }) })).status, 200);
  assert.equal((await call('/other-client', { token: await other.mint({ client_id: 'app' }) })).status, 200);
});

test('RL-05 when one of several limits refuses, none is charged', async () => {
  const tenant = await mint({ sub: 'first', tenant_id: 't' });
  const second = await mint({ sub: 'second', tenant_id: 't' });
  const from = newAddress();
  for (let at = 0; at < 3; at++) assert.equal((await call('/both', { from, token: tenant })).status, 200);
  for (let at = 0; at < 20; at++) assert.equal((await call('/both', { from, token: tenant })).status, 429);
  // Of 4 for the tenant 3 are used, and of 100 for the address too: the 20 refusals took nothing.
  const reply = await call('/both', { from, token: second });
  assert.equal(reply.status, 200);
  assert.match(left(reply), /^"\/both #2";r=96;t=\d+, "user";r=2;t=\d+, "tenant";r=0;t=\d+$/);
  const refused = await call('/both', { from, token: second });
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get('ratelimit-policy')!, /^"tenant";q=4;w=60$/);
});

test('RL-06 RL-08 failed authentications are counted on every route, and close the others of that address', async () => {
  const from = newAddress();
  const good = await mint({ sub: 'unlucky' });
  for (let at = 0; at < 20; at++) assert.equal((await call('/mixed', { from, token: 'bad.token.x' })).status, 401);
  for (const token of ['bad.token.x', good]) {
    const reply = await call('/mixed', { from, token });
    assert.equal(reply.status, 429);
    assert.equal(reply.json().code, 'rate_limited');
    const fields = reply.rawHeaders.filter(([name]) => name.toLowerCase().startsWith('ratelimit'));
    assert.deepEqual(
      fields.map(([name]) => name),
      ['RateLimit-Policy', 'RateLimit'],
      'one of each',
    );
    assert.match(fields[0]![1], /q=20;w=60$/);
    assert.match(reply.headers.get('retry-after')!, /^[1-9]\d*$/);
  }
  assert.equal((await call('/plan', { from, token: good })).status, 429);
  assert.equal((await call('/healthz', { from })).status, 200);
  const elsewhere = await call('/mixed', { token: good });
  assert.equal(elsewhere.status, 200);
  clock.advance(66_000);
  const after20 = await call('/mixed', { from, token: good });
  assert.equal(after20.status, 200);
  assert.match(left(after20), /r=99;/, 'what was refused for another limit was given back');
});

test('RL-10 routes of operations are never limited, and no other path passes for one', async () => {
  const from = newAddress();
  for (let at = 0; at < 200; at++) {
    const reply = await call('/healthz', { from });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('ratelimit'), undefined);
  }
  for (let at = 0; at < 10; at++) await call('/healthz/../login', { from, method: 'POST' });
  assert.equal((await call('/healthz/../login', { from, method: 'POST' })).status, 429);
  for (let at = 0; at < 20; at++)
    assert.equal((await fetch(`http://127.0.0.1:${gateway.adminPort}/healthz`)).status, 200);
});

test('an observing limit, and one of an internal route, count and report and refuse nobody', async () => {
  for (const [path, limit] of [
    ['/watched', 'watched'],
    ['/inside', 'inside #1 (observe)'],
  ] as const) {
    const from = newAddress();
    for (let at = 0; at < 5; at++) {
      const reply = await call(path, { from });
      assert.equal(reply.status, 200);
      assert.equal(reply.headers.get('ratelimit'), undefined, 'a quota that does not hold is not announced');
    }
    const would = gateway.events.filter(({ event, fields }) => event === 'would_refuse' && fields.limit === limit);
    assert.equal(would.length, 3, limit);
    const metrics = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`).then((reply) => reply.text());
    assert.ok(metrics.includes(`gatehouse_limit_decisions_total{limit="${limit}",decision="would_refuse"} 3\n`));
    assert.ok(metrics.includes(`gatehouse_limit_decisions_total{limit="${limit}",decision="allowed"} 2\n`));
  }
});
