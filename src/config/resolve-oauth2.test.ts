import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sourceOf } from '../../test/support/source.ts';
import { formatFault } from './faults.ts';
import { parseConfig } from './load.ts';

const KEYS = JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }] });
const SECRET = 'a-secret-that-a-machine-has-made-of-chance';
const env = { BILLING_SECRET: SECRET, SHORT: 'short' };
const files = {
  'etc/pass.txt': 'correct horse\n',
  'etc/keys.json': KEYS,
  'etc/none.json': '{"keys":[]}',
  'etc/private.json': KEYS.replace('"kty"', '"d":"AA","kty"'),
  'etc/bad.json': '{',
};

const SERVER = 'issuer: https://gateway.internal, store: sqlite:./g.db, audience: internal';
const load = (oauth2: string, more = '', scopes = '[billing:read]') =>
  parseConfig(
    `oauth2: { ${oauth2} }
upstreams: { billing: { targets: ['http://127.0.0.1:1'] } }
routes:
  - { path: /billing/*, kind: internal, upstream: billing, auth: { issuer: self, scopes: ${scopes} }, rate_limit: none }
${more}`,
    'etc/gatehouse.yaml',
    sourceOf({ env, files }),
  );
const faults = (...args: Parameters<typeof load>) => {
  const loaded = load(...args);
  const said = loaded.config === undefined ? loaded.faults : loaded.warnings;
  // Whether the keys are encrypted is another question.
  return said.filter(({ finding }) => finding?.rule !== 'plain-signing-keys').map(formatFault);
};

test('with an issuer, a store and an audience the rest has defaults, and routes name the issuer `self`', () => {
  const { config } = load(SERVER);
  const { limit, ...oauth2 } = config!.oauth2!;
  assert.deepEqual(oauth2, {
    issuer: 'https://gateway.internal',
    store: `sqlite:${process.cwd()}/etc/g.db`,
    audience: 'internal',
    tokenTtlMs: 300_000,
    keyRotationMs: 30 * 86_400_000,
    keyPassphrase: undefined,
    secretOverlapMs: 86_400_000,
    clients: [],
    trail: { maxAgeMs: 90 * 86_400_000, maxRecords: 10_000_000 },
  });
  assert.deepEqual([limit.by, limit.quota], [{ kind: 'address' }, { requests: 600, windowMs: 60_000 }]);
  const issuer = config!.routes[0]!.auth!.issuers[0]!;
  assert.deepEqual(
    [issuer.issuer, issuer.audiences, issuer.algorithms, issuer.tokenType],
    ['https://gateway.internal', ['internal'], ['ES256'], 'at+jwt'],
  );
  assert.deepEqual(faults(SERVER), []);
});

test('clients stand in the file with their secret by reference, by hash or with their keys', () => {
  const clients = `{
    one: { secret: '\${BILLING_SECRET}', scopes: [billing:read], token_ttl: 1m },
    two: { secret_sha256: ${'ab'.repeat(32)}, scopes: [billing:read], audiences: [other] },
    three: { jwks: keys.json, scopes: [billing:read] } }`;
  const { config } = load(`${SERVER}, clients: ${clients}, key_passphrase: file:pass.txt`);
  const [one, two, three] = config!.oauth2!.clients;
  assert.equal(one!.secretSha256, createHash('sha256').update(SECRET).digest('hex'));
  assert.equal(one!.tokenTtlMs, 60_000);
  assert.deepEqual([two!.secretSha256, two!.audiences], ['ab'.repeat(32), ['other']]);
  assert.deepEqual([three!.secretSha256, three!.jwks], [undefined, KEYS]);
  assert.equal(config!.oauth2!.keyPassphrase, 'correct horse');
});

for (const [oauth2, right] of [
  ['{}', /no `audience`.*\n.*no `issuer`.*\n.*no `store`/],
  [SERVER.replace('https://gateway.internal', 'http://gateway.internal'), /write `https:\/\/`/],
  [SERVER.replace('gateway.internal', 'gateway.internal/'), /leave the slash at its end out/],
  [SERVER.replace('gateway.internal', 'gateway.internal/?a'), /leave the query/],
  [SERVER.replace('sqlite:./g.db', 'mysql://a'), /write `sqlite:/],
  [`${SERVER}, token_ttl: 2h`, /from `10s` to `1h`.*outlives/],
  [`${SERVER}, key_passphrase: hunter2`, /stands in the file for all to read; write `\$\{NAME\}`/],
  [`${SERVER}, key_passphrase: file:none.txt`, /there is no such file/],
  [`${SERVER}, clients: { a: { scopes: [billing:read] } }`, /no way to prove itself/],
  [
    `${SERVER}, clients: { a: { secret: '\${BILLING_SECRET}', jwks: keys.json, scopes: [billing:read] } }`,
    /several ways/,
  ],
  [`${SERVER}, clients: { a: { secret: '\${BILLING_SECRET}' } }`, /has no `scopes`/],
  [
    `${SERVER}, clients: { a: { jwks: none.json, scopes: [a] } }`,
    /^etc\/gatehouse\.yaml:1:\d+: the key set `none.json` of `a` is without/m,
  ],
  [`${SERVER}, clients: { a: { jwks: bad.json, scopes: [a] } }`, /the key set `bad.json` of `a` is not JSON/],
  [`${SERVER}, clients: { a: { jwks: private.json, scopes: [a] } }`, /is one with a private key; hand in public/],
  [`${SERVER}, clients: { a: { secret: '\${SHORT}', scopes: [billing:read] } }`, /has 5 characters/],
  [`${SERVER}, clients: { a: { secret: ${SECRET}, scopes: [billing:read] } }`, /for all to read/],
] as const) {
  test(`a fault: ${oauth2.slice(0, 110)}`, () => {
    const lines = faults(oauth2.replace(/^\{\}$/, '')).join('\n');
    assert.match(lines, right);
    assert.ok(!lines.includes(SECRET));
  });
}

test('where scopes are declared, routes and clients use no other, and none is declared for nothing', () => {
  const declared = 'scopes: { billing:read: Read invoices }';
  assert.deepEqual(faults(SERVER, declared), []);
  assert.match(faults(SERVER, declared, '[billing:raed]').join(), /nobody can have it; did you mean `billing:read`/);
  assert.match(
    faults(SERVER, 'scopes: { billing:read: Read invoices, billing:write: Write them }').join(),
    /warning: no route asks for the scope `billing:write`/,
  );
  const client = (scope: string) =>
    `${SERVER}, clients: { a: { secret_sha256: ${'ab'.repeat(32)}, scopes: [${scope}] } }`;
  assert.match(faults(client('billing:raed'), declared).join(), /not among `scopes`; did you mean `billing:read`/);
  const more = `${declared.slice(0, -2)}, mail: Send mail }`;
  assert.match(faults(client('mail'), more).join(), /may ask for `mail`, which no route asks for/);
});

test('no route stands where the server answers', () => {
  const route = (path: string) => `  - { path: ${path}, kind: operations, upstream: billing, auth: none }`;
  assert.match(
    faults(SERVER, route('/oauth2/token')).join(),
    /:5:\d+: `\/oauth2\/token` is where the authorization server/,
  );
  assert.match(faults(SERVER, route('/.well-known/oauth-authorization-server')).join(), /choose another path/);
  assert.deepEqual(faults(SERVER, route('/oauth2/other')), []);
  const below = SERVER.replace('gateway.internal', 'gateway.internal/auth');
  assert.match(faults(below, route('/auth/oauth2/jwks')).join(), /choose another path/);
  assert.deepEqual(faults(below, route('/oauth2/jwks')), []);
});

test('`self` is nobody else, and nobody without `oauth2`', () => {
  const other = 'issuers: { self: { issuer: https://a.test, jwks_uri: https://a.test/jwks, audience: api } }';
  assert.match(faults(SERVER, other).join(), /an issuer cannot be called `self`/);
  assert.match(faults('issuer: 5').join('\n'), /^(?!.*unknown issuer)/s);
  const without = parseConfig(
    `upstreams: { app: { targets: ['http://127.0.0.1:1'] } }
routes: [{ path: /a, kind: internal, upstream: app, auth: { issuer: self } }]`,
    'g.yaml',
    sourceOf({}),
  );
  assert.ok(without.config === undefined);
  assert.match(without.faults.map(formatFault).join(), /unknown issuer `self`/);
});
