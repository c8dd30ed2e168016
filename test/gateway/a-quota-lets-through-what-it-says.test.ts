import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, requestText, type Reply } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { askAll } from '../support/pipeline.ts';
import { startUpstream } from '../support/upstream.ts';

const clock = createFakeClock();
const upstream = await startUpstream();
const gateway = await startGateway(
  `
trusted_proxies: [127.0.0.0/8]
upstreams: { orders: { targets: ["${upstream.url}"] } }
rate_limits:
  ten: { quota: 10/min, by: address }
  one: { quota: 1/s, by: address }
  huge: { quota: 999999999/day, by: address }
  day: { quota: 3/day, by: address }
  twenty: { quota: 20/10s, by: address }
routes:
  - { path: /ten, kind: public, upstream: orders, auth: none, rate_limit: ten }
  - { path: /ten/too, kind: public, upstream: orders, auth: none, rate_limit: ten }
  - { path: /apart, kind: public, upstream: orders, auth: none, rate_limit: { quota: 10/min, by: address } }
  - { path: /one, kind: public, upstream: orders, auth: none, rate_limit: one }
  - { path: /none, kind: public, upstream: orders, auth: none, rate_limit: { quota: 0/min, by: address } }
  - { path: /huge, kind: public, upstream: orders, auth: none, rate_limit: huge }
  - { path: /day, kind: public, upstream: orders, auth: none, rate_limit: day }
  - { path: /twenty, kind: public, upstream: orders, auth: none, rate_limit: twenty }
  - { path: /gets, methods: [GET, OPTIONS], kind: public, upstream: orders, auth: none, rate_limit: { quota: 3/min, by: address }, cors: { origins: ["https://app.example"] } }
`,
  { clock },
);
after(() => Promise.all([gateway.close(), upstream.close()]));

let callers = 0;
/** Asks as a caller of its own, so that tests do not share quotas. */
function newCaller(): (path: string, method?: string, headers?: Record<string, string>) => Promise<Reply> {
  const from = `203.0.${callers >> 8}.${callers++ & 255}`;
  return (path, method = 'GET', headers = {}) =>
    ask(gateway.port, path, { method, headers: { 'X-Forwarded-For': from, ...headers } });
}

function assertLimited(reply: Reply): number {
  assert.equal(reply.status, 429);
  assert.equal(reply.json().code, 'rate_limited');
  assert.equal(reply.json().type, 'https://iana.org/assignments/http-problem-types#quota-exceeded');
  const wait = reply.headers.get('retry-after')!;
  assert.match(wait, /^[1-9]\d*$/);
  return Number(wait);
}

test('RL-01 RL-05 the quota passes, the rest waits, and whoever waits as long as it was told is admitted', async () => {
  const call = newCaller();
  const before = upstream.received.length;
  for (let at = 0; at < 10; at++) {
    assert.equal((await call('/ten')).status, 200);
    clock.advance(500);
  }
  const wait = assertLimited(await call('/ten'));
  // Refused requests are not counted: hammering does not make it longer.
  for (let at = 0; at < 100; at++) assert.ok(assertLimited(await call('/ten')) <= wait);
  assert.equal(upstream.received.length, before + 10);
  clock.advance(wait * 1000);
  assert.equal((await call('/ten')).status, 200);
});

test('RL-02 a burst just before an edge leaves nothing for just after it', async () => {
  const call = newCaller();
  clock.advance(60_000 - (clock.monotonic() % 60_000) - 50);
  for (let at = 0; at < 10; at++) assert.equal((await call('/ten')).status, 200);
  clock.advance(100);
  assertLimited(await call('/ten'));
  clock.advance(59_000);
  assertLimited(await call('/ten'));
});

test('RL-04 of a thousand requests at once at a quota of ten exactly ten pass', async () => {
  const headers = { 'X-Forwarded-For': '203.0.113.77' };
  const before = upstream.received.length;
  const replies = await askAll(
    gateway.port,
    Array.from({ length: 1000 }, () => requestText('/ten', { headers })),
    100,
  );
  assert.equal(replies.filter(({ status }) => status === 200).length, 10);
  assert.equal(replies.filter(({ status }) => status === 429).length, 990);
  assert.equal(upstream.received.length, before + 10);
});

test('RL-06 of a flood of sign-ins ten a minute pass for ten minutes, and other callers do not feel it', async () => {
  const call = newCaller();
  const other = newCaller();
  let passed = 0;
  for (let tenth = 0; tenth < 100; tenth++) {
    for (let at = 0; at < 5; at++) if ((await call('/ten')).status === 200) passed++;
    clock.advance(6000);
  }
  // Never more than the quota in any minute; at most one sub-window's wait less.
  assert.ok(passed <= 100 && passed >= 90, String(passed));
  assert.equal((await other('/ten')).status, 200);
});

test('RL-09 RL-11 one limit named by two routes is one count, and a limit of a route alone is its own', async () => {
  const call = newCaller();
  for (let at = 0; at < 10; at++) assert.equal((await call(at % 2 === 0 ? '/ten' : '/ten/too')).status, 200);
  assertLimited(await call('/ten'));
  assertLimited(await call('/%74en/too'));
  assertLimited(await call('/x/../ten'));
  assert.equal((await call('//ten')).status, 400);
  assert.equal((await call('/TEN')).status, 404);
  assert.equal((await call('/apart')).status, 200);
});

test('RL-13 the wall clock decides nothing', async () => {
  const call = newCaller();
  for (let at = 0; at < 10; at++) assert.equal((await call('/ten')).status, 200);
  const wall = clock.wall();
  for (const jump of [-3_600_000, 86_400_000, 45_000]) {
    clock.setWall(wall + jump);
    assertLimited(await call('/ten'));
  }
  clock.setWall(wall);
  clock.advance(66_000);
  assert.equal((await call('/ten')).status, 200);
});

test('RL-16 the fields are Structured Fields and agree with what is left', async () => {
  const call = newCaller();
  for (let used = 1; used <= 20; used++) {
    const reply = await call('/twenty');
    assert.equal(reply.headers.get('ratelimit-policy'), '"twenty";q=20;w=10');
    assert.match(reply.headers.get('ratelimit')!, new RegExp(`^"twenty";r=${20 - used};t=\\d+$`));
  }
  const reply = await call('/twenty');
  const wait = assertLimited(reply);
  const t = Number(/^"twenty";r=0;t=(\d+)$/.exec(reply.headers.get('ratelimit')!)![1]);
  assert.ok(wait >= t);
  assert.equal(reply.rawHeaders.filter(([name]) => name.toLowerCase().startsWith('ratelimit')).length, 2);
});

test('RL-17 HEAD is counted like GET, and a preflight is not', async () => {
  const call = newCaller();
  const preflight = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'GET' };
  for (let at = 0; at < 5; at++) assert.equal((await call('/gets', 'OPTIONS', preflight)).status, 204);
  assert.equal((await call('/gets', 'HEAD')).headers.get('ratelimit')!.split(';')[1], 'r=2');
  assert.equal((await call('/gets', 'GET')).headers.get('ratelimit')!.split(';')[1], 'r=1');
  assert.equal((await call('/gets', 'OPTIONS')).headers.get('ratelimit')!.split(';')[1], 'r=0');
  assert.equal((await call('/gets', 'HEAD')).status, 429);
  assert.equal((await call('/gets', 'OPTIONS', preflight)).status, 204);
});

test('RL-20 quotas of none, one and billions, and windows of a second and a day', async () => {
  const call = newCaller();
  assertLimited(await call('/none'));
  assert.equal((await call('/one')).status, 200);
  const wait = assertLimited(await call('/one'));
  assert.ok(wait <= 2);
  clock.advance(wait * 1000);
  assert.equal((await call('/one')).status, 200);
  assert.match((await call('/huge')).headers.get('ratelimit')!, /^"huge";r=999999998;t=\d+$/);
  for (let at = 0; at < 3; at++) assert.equal((await call('/day')).status, 200);
  const long = assertLimited(await call('/day'));
  assert.ok(long > 80_000 && long <= 95_040, String(long));
  clock.advance(long * 1000);
  assert.equal((await call('/day')).status, 200);
});
