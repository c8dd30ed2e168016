import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf } from '../../test/support/configuration.ts';

const ASKED = 'endpoint: https://auth.example.com/introspect, client_id: gateway, client_secret: "${SECRET}"';
const ENV = { SECRET: 'a secret' };

function fileOf(introspection: string, keys = '', more = '', issuer = 'main'): string {
  return `issuers:
  main: { issuer: https://auth.example.com, audience: api, ${keys} introspection: { ${introspection} } }
${more}upstreams: { app: { targets: ['http://127.0.0.1:1'] } }
routes:
  - { path: /a, upstream: app, auth: { issuer: ${issuer} }, rate_limit: { quota: 1/s, by: user } }
`;
}

test('an issuer may be asked about its tokens, in place of keys or beside them', () => {
  const [issuer] = configOf(fileOf(ASKED), ENV).config.issuers;
  assert.deepEqual([issuer?.jwksUri, issuer?.introspection?.cacheMs], [undefined, 30_000]);
  const [both] = configOf(fileOf(ASKED, 'jwks_uri: https://auth.example.com/jwks,'), ENV).config.issuers;
  assert.equal(both?.jwksUri, 'https://auth.example.com/jwks');
  assert.equal(both?.introspection?.endpoint, 'https://auth.example.com/introspect');
});

for (const [introspection, wrong] of [
  [ASKED.replace(/endpoint: [^,]*, /, ''), /:2:\d+: `introspection` has no `endpoint`/],
  [ASKED.replace(/, client_secret.*/, ''), /has no `client_secret`/],
  [ASKED.replace('https://auth', 'http://auth'), /write `https:\/\/`/],
  [ASKED.replace('"${SECRET}"', 'written-out'), /a secret stands in the file/],
  [`${ASKED}, cache_ttl: 1h`, /`cache_ttl`.*a token that is revoked there/],
] as const) {
  test(`{ ${introspection} } is a fault`, () => assert.match(faultsOf(fileOf(introspection), ENV).join('\n'), wrong));
}

test('two that are asked cannot be told apart on one route', () => {
  const other = `  other: { issuer: https://other.example.com, audience: api, introspection: { ${ASKED} } }\n`;
  const faults = faultsOf(fileOf(ASKED, '', other, '[main, other]'), ENV).join('\n');
  assert.match(faults, /nothing tells whether a token that is no JWT is of `main` or of `other`/);
});
