import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw } from '../support/client.ts';
import { foldedValues } from '../support/folded.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const upstream = await startUpstream();
const yaml = (proxies: string) => `
trusted_proxies: [${proxies}]
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - { path: /login, methods: [POST], kind: authentication, upstream: orders, auth: none }
  - { path: /*, kind: operations, upstream: orders, auth: none, rate_limit: none }
`;
const alone = await startGateway(yaml(''));
const behind = await startGateway(yaml('127.0.0.0/8, 10.0.0.0/8, "2001:db8:ffff::/48"'));
after(() => Promise.all([alone.close(), behind.close(), upstream.close()]));

const seen = new Map<TestGateway, number>();

/** The address in the access line of a request with these fields. */
async function addressOf(gateway: TestGateway, headers: readonly (readonly [string, string])[]): Promise<unknown> {
  const count = (seen.get(gateway) ?? 0) + 1;
  seen.set(gateway, count);
  assert.equal((await ask(gateway.port, '/', { headers })).status, 200);
  return (await gateway.accessLines(count)).at(count - 1)!.address;
}

const forwardedFor = (...values: string[]) => values.map((value) => ['X-Forwarded-For', value] as const);

test('IP-01 X-Forwarded-For of a stranger is ignored, and replaced for the service', async () => {
  assert.equal(await addressOf(alone, forwardedFor('203.0.113.9', '10.0.0.1')), '127.0.0.1');
  assert.deepEqual(foldedValues(upstream.received.at(-1)!, 'x-forwarded-for'), ['127.0.0.1']);
});

test('IP-02 behind a proxy the walk goes from the right and ends at the first hop that is not trusted or not readable', async () => {
  for (const [values, expected] of [
    [['203.0.113.9'], '203.0.113.9'],
    [['198.51.100.1, 203.0.113.9'], '203.0.113.9'],
    [['198.51.100.1, 203.0.113.9, 10.1.2.3'], '203.0.113.9'],
    [['203.0.113.9', '10.1.2.3', ' 10.4.5.6 '], '203.0.113.9'],
    [['203.0.113.9:4711'], '203.0.113.9'],
    [['[2001:db8::9]:4711'], '2001:db8::9'],
    [['2001:db8::9'], '2001:db8::9'],
    [['203.0.113.9, unknown'], '127.0.0.1'],
    [['203.0.113.9, junk, 10.1.2.3'], '10.1.2.3'],
    [['203.0.113.9,'], '127.0.0.1'],
    [['10.9.9.9'], '10.9.9.9'],
    [[], '127.0.0.1'],
  ] as const) {
    assert.equal(await addressOf(behind, forwardedFor(...values)), expected, values.join(' | '));
  }
  await ask(behind.port, '/', { headers: forwardedFor('198.51.100.1', '203.0.113.9') });
  seen.set(behind, seen.get(behind)! + 1);
  assert.deepEqual(foldedValues(upstream.received.at(-1)!, 'x-forwarded-for'), [
    '198.51.100.1, 203.0.113.9, 127.0.0.1',
  ]);
});

test('IP-03 no other header names the caller, from a proxy neither', async () => {
  const names = 'X-Real-IP True-Client-IP CF-Connecting-IP X-Cluster-Client-IP X-Client-IP Fastly-Client-IP Forwarded';
  const others = names
    .split(' ')
    .map((name) => [name, name === 'Forwarded' ? 'for=203.0.113.9' : '203.0.113.9'] as const);
  assert.equal(await addressOf(alone, others), '127.0.0.1');
  assert.doesNotMatch(JSON.stringify(upstream.received.at(-1)!.headers), /203\.0\.113\.9/);
  assert.equal(await addressOf(behind, others), '127.0.0.1');
});

test('IP-04 X-Forwarded-Proto and -Host count from the proxies that are named, and from no others', async () => {
  const said = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'shop.example' };
  const valuesOf = async (port: number) => {
    const received = (await ask(port, '/', { headers: said })).json<Received>();
    return [foldedValues(received, 'x-forwarded-proto'), foldedValues(received, 'x-forwarded-host')];
  };
  assert.deepEqual(await valuesOf(alone.port), [['http'], ['gateway.test']]);
  assert.deepEqual(await valuesOf(behind.port), [['https'], ['shop.example']]);
  for (const gateway of [alone, behind]) seen.set(gateway, seen.get(gateway)! + 1);
});

test('IP-05 IP-06 one host has one spelling, and odd ones are none', async () => {
  for (const [value, expected] of [
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['2001:DB8:0:0:0:0:0:9', '2001:db8::9'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['203.0.113.9, ::ffff:10.1.2.3', '203.0.113.9'],
    ['127.1', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['0x7f.0.0.1', '127.0.0.1'],
    ['3405803785', '127.0.0.1'],
    ['fe80::1%eth0', '127.0.0.1'],
    ['203.0.113.999', '127.0.0.1'],
  ] as const) {
    assert.equal(await addressOf(behind, forwardedFor(value)), expected, value);
  }
});

test('IP-05 IP-07 a limit counts a host once, and an IPv6 network as one host', async () => {
  const login = async (from: string) =>
    (await ask(behind.port, '/login', { method: 'POST', headers: forwardedFor(from), body: '' })).status;
  for (let at = 0; at < 10; at++) assert.equal(await login(`2001:db8:1:1::${at}`), 200);
  assert.equal(await login('2001:db8:1:1:ffff:ffff:ffff:ffff'), 429);
  assert.equal(await login('2001:db8:1:2::1'), 200);
  for (let at = 0; at < 10; at++) assert.equal(await login(at % 2 === 0 ? '203.0.113.7' : '::ffff:203.0.113.7'), 200);
  assert.equal(await login('203.0.113.7'), 429);
  assert.equal(await login('203.0.113.8'), 200);
});

test('IP-08 the PROXY protocol is not spoken here', async () => {
  for (const bytes of [
    'PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    '\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x09\x7f\x00\x00\x01\x00\x01\x00\x02GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  ]) {
    const connection = await connectRaw(behind.port);
    connection.send(bytes);
    const reply = await connection.reply();
    assert.equal(reply.status, 400);
    assert.equal(reply.json().code, 'malformed_request');
    connection.close();
  }
  assert.equal((await ask(behind.port, '/')).status, 200);
});
