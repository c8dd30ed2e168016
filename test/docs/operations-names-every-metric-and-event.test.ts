import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createCertificate } from '../support/certificate.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';

const page = readFileSync('docs/operations.md', 'utf8');

/** The first column of the table under `heading`. */
function namesUnder(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))!;
  return [...section.matchAll(/^\| `([a-z_]+)` /gm)].map(([, name = '']) => name).toSorted();
}

test('every metric there is, and no other', async (t) => {
  const folder = createFolder();
  const { cert, key } = createCertificate({ name: 'gateway.test' });
  writeFileSync(`${folder}/edge.pem`, cert);
  writeFileSync(`${folder}/edge.key`, key);
  const gateway = await startGateway(
    `
tls: { cert: '${folder}/edge.pem', key: '${folder}/edge.key' }
issuers: { main: { issuer: https://auth.example.com, jwks_uri: 'http://127.0.0.1:1/jwks.json', audience: api } }
oauth2: { issuer: https://gateway.internal, store: 'sqlite:${folder}/gatehouse.db', audience: internal }
upstreams:
  app:
    targets: ['http://127.0.0.1:1', 'http://app.test:1']
    health_check: { path: /health }
    client_credentials:
      { token_endpoint: 'http://127.0.0.1:1/token', client_id: gateway, client_secret: 'file:${folder}/edge.key' }
routes:
  - { path: /a, kind: public, upstream: app, auth: { issuer: main }, rate_limit: { quota: 1/s, by: user } }
`,
    { resolve: () => Promise.reject(new Error('no such name')) },
  );
  t.after(() => gateway.close());
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
  const names = [...metrics.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name);
  assert.deepEqual(namesUnder('Metrics'), names.toSorted());
});

test('every event there is, and no other', () => {
  const sources = globSync('src/**/*.ts', { exclude: ['**/*.test.ts'] }).map((file) => readFileSync(file, 'utf8'));
  const calls = sources.flatMap((text) => [...text.matchAll(/\blog\((?:'\w+'|[^,()]+), '(\w+)'/g)]);
  assert.deepEqual(namesUnder('Events'), [...new Set(calls.map(([, event = '']) => event))].toSorted());
});
