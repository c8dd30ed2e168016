import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, type Ask } from '../support/client.ts';
import { foldedValues } from '../support/folded.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - path: /guarded
    kind: internal
    upstream: orders
    auth: { issuer: main }
    rate_limit: none
    plugins: [ { inject-claims: { headers: { X-User-ID: sub, X-Tenant-ID: tenant_id, X-Roles: realm.roles, X-Age: age } } } ]
  - { path: /open, kind: operations, upstream: orders, auth: none, rate_limit: none }
  - { path: /other, kind: internal, upstream: orders, auth: { issuer: main }, rate_limit: none }
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const IDENTITY = ['X-User-ID', 'X-Tenant-ID', 'X-Roles', 'X-Age'];
const SPELLINGS = IDENTITY.flatMap((name) => [
  name,
  name.toLowerCase(),
  name.toUpperCase(),
  name.replaceAll('-', '_'),
  name.toLowerCase().replace('-', '_'),
  name.replaceAll('-', '.'),
  `${name}_`,
  `_${name}`,
  `${name}-`,
  `${name}'`,
]);
const spoofed = SPELLINGS.map((name) => [name, 'admin'] as const);
const bearer = async (claims = {}) => ['Authorization', `Bearer ${await issuer.mint(claims)}`] as const;

/** What the service saw under an identity name, in any spelling. */
async function seenBy(path: string, headers: NonNullable<Ask['headers']>): Promise<Record<string, string[]>> {
  const reply = await ask(gateway.port, path, { headers });
  assert.equal(reply.status, 200, reply.body);
  const received = upstream.received.at(-1)!;
  return Object.fromEntries(IDENTITY.map((name) => [name, foldedValues(received, name)]));
}

const NOBODY = { 'X-User-ID': [], 'X-Tenant-ID': [], 'X-Roles': [], 'X-Age': [] };

test('HDR-01 HDR-03 HDR-04 on a guarded route the service sees the claims once, and no spelling of what the client sent', async () => {
  const seen = await seenBy('/guarded', [
    ...spoofed,
    await bearer({ realm: { roles: ['a', 'b,c'] }, age: 5 }),
    ...spoofed,
  ]);
  assert.deepEqual(seen, {
    'X-User-ID': ['user-1'],
    'X-Tenant-ID': ['tenant-1'],
    'X-Roles': ['a,b%2Cc'],
    'X-Age': ['5'],
  });
});

test('HDR-02 an absent claim is an absent header', async () => {
  const seen = await seenBy('/guarded', [...spoofed, await bearer({ tenant_id: undefined })]);
  assert.deepEqual(seen, { ...NOBODY, 'X-User-ID': ['user-1'] });
});

test('HDR-02 a route that lets everybody in, and one that injects nothing, strip the same names', async () => {
  assert.deepEqual(await seenBy('/open', spoofed), NOBODY);
  assert.deepEqual(await seenBy('/other', [...spoofed, await bearer()]), NOBODY);
});

test('HDR-03 HDR-04 a name with white space before its colon, and a folded one, are refused', async () => {
  const before = upstream.received.length;
  for (const line of [
    'X-User-ID : admin',
    'X-User-ID\t: admin',
    'X-User-ID\xa0: admin',
    'X-A: 1\r\n X-User-ID: admin',
  ]) {
    const [name, value] = line.split(': ') as [string, string];
    const reply = await ask(gateway.port, '/open', {
      headers: line.includes('\r\n') ? [['X-A', line.slice(5)]] : [[name, value]],
    });
    assert.equal(reply.status, 400, line);
    assert.equal(reply.json().code, 'malformed_request');
  }
  assert.equal(upstream.received.length, before);
  assert.deepEqual(await seenBy('/open', []), NOBODY);
});

test('HDR-05 Connection cannot take away what the gateway injects', async () => {
  for (const value of ['close, X-User-ID', 'x-user-id', 'X_User_ID, X-Tenant-ID, X-Roles']) {
    const seen = await seenBy('/guarded', [...spoofed, ['Connection', value], await bearer()]);
    assert.deepEqual(seen, { ...NOBODY, 'X-User-ID': ['user-1'], 'X-Tenant-ID': ['tenant-1'] }, value);
  }
});

test('HDR-10 HDR-11 HDR-12 no claim begins a header line, and each has one encoding', async () => {
  for (const [sub, expected] of [
    ['a\r\nX-Tenant-ID: admin', 'a%0D%0AX-Tenant-ID:%20admin'],
    ['a\nb', 'a%0Ab'],
    ['a\u0000\u007f', 'a%00%7F'],
    ['č\u010a', '%C4%8D%C4%8A'],
    [' a\t', '%20a%09'],
    ['\u0085admin\u00a0', '%C2%85admin%C2%A0'],
    ['é🦊', '%C3%A9%F0%9F%A6%8A'],
    ['%41', '%2541'],
    ['x'.repeat(5000), 'x'.repeat(5000)],
  ] as const) {
    const seen = await seenBy('/guarded', [await bearer({ sub, tenant_id: undefined })]);
    assert.deepEqual(seen, { ...NOBODY, 'X-User-ID': [expected] });
  }
  const scalars = await seenBy('/guarded', [
    await bearer({ age: true, realm: { roles: { admin: true } }, tenant_id: [] }),
  ]);
  assert.deepEqual(scalars, {
    'X-User-ID': ['user-1'],
    'X-Tenant-ID': [],
    'X-Age': ['true'],
    'X-Roles': ['{"admin":true}'],
  });
});

test('HDR-01 a refused request brings no identity anywhere', async () => {
  const before = upstream.received.length;
  for (const [path, status] of [
    ['/guarded', 401],
    ['/nowhere', 404],
  ] as const) {
    const reply = await ask(gateway.port, path, { headers: spoofed });
    assert.equal(reply.status, status);
    assert.doesNotMatch(JSON.stringify([...reply.rawHeaders, reply.body]), /admin/);
  }
  assert.equal(upstream.received.length, before);
});
