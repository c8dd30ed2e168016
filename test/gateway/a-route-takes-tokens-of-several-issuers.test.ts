import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { ask } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { startOidcProvider } from '../support/oidc.ts';
import { startUpstream } from '../support/upstream.ts';

const folder = createFolder();
const [upstream, provider] = [await startUpstream(), await startOidcProvider()];
// Nobody listens on the discard port: an issuer whose keys cannot be had.
const yaml = `
oauth2: { issuer: https://gateway.internal, store: 'sqlite:${folder}/gatehouse.db', audience: internal }
issuers:
  main: { issuer: "${provider.issuer}", jwks_uri: "${provider.jwksUri}", audience: orders-api, token_type: at+jwt }
  away: { issuer: http://127.0.0.1:9, jwks_uri: http://127.0.0.1:9/jwks, audience: orders-api }
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - path: /orders
    kind: internal
    upstream: orders
    auth: { issuer: [self, main, away], scopes: { GET: [orders:read], POST: [orders:write] } }
  - path: /main-only
    kind: internal
    upstream: orders
    auth: { issuer: main }
`;
const file = `${folder}/gatehouse.yaml`;
writeFileSync(file, yaml);
const gateway = await startGateway(yaml);
after(async () => {
  await gateway.close();
  await upstream.close();
  provider.close();
});

async function gatehouse(...args: readonly string[]): Promise<Record<string, string>> {
  const command = ['src/cli.ts', ...args, '--config', file, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return JSON.parse(stdout) as Record<string, string>;
}

const { client_id: id, client_secret: secret } = await gatehouse('clients', 'create', 'own', '--scope', 'orders:read');

function ownToken(): Promise<string> {
  return eventually(async () => {
    const reply = await ask(gateway.port, '/oauth2/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: id!,
        client_secret: secret!,
      }).toString(),
    });
    return reply.status === 200 ? reply.json<{ access_token: string }>().access_token : undefined;
  });
}

async function outcome(token: string, path = '/orders', method = 'GET'): Promise<string> {
  const reply = await ask(gateway.port, path, { method, headers: { Authorization: `Bearer ${token}` } });
  if (reply.status === 200) return '200';
  const { code, reason } = reply.json();
  return `${reply.status} ${reason ?? code}`;
}

/** The same token, said to be of another issuer; its signature is as it was. */
function saidToBeOf(iss: string, token: string): string {
  const [head, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object;
  return `${head}.${Buffer.from(JSON.stringify({ ...claims, iss })).toString('base64url')}.${signature}`;
}

test('tokens of the gateway and of oidc-provider open one route, each by its own keys, audience and scopes', async () => {
  const [own, theirs] = [await ownToken(), await provider.token('orders:read')];
  for (const token of [own, theirs, own, theirs]) {
    assert.equal(await outcome(token), '200');
    assert.equal(await outcome(token, '/orders', 'POST'), '403 insufficient_scope');
  }
  assert.notEqual(await outcome(own, '/main-only'), '200');
  assert.equal(await outcome(theirs, '/main-only'), '200');
});

test('a token said to be of another issuer finds no key there; one of nobody is refused for its issuer', async () => {
  const own = await ownToken();
  const theirs = await provider.token('orders:read');
  assert.match(await outcome(saidToBeOf(provider.issuer, own)), /^(401 unknown_key|503 keys_unavailable)$/);
  assert.match(
    await outcome(saidToBeOf('https://gateway.internal', theirs)),
    /^(401 unknown_key|503 keys_unavailable)$/,
  );
  assert.equal(await outcome(saidToBeOf('https://elsewhere.example', own)), '401 issuer');
});

test('an issuer whose keys cannot be had is 503 for its own tokens and for no others', async () => {
  const [own, theirs] = [await ownToken(), await provider.token('orders:read')];
  assert.equal(await outcome(saidToBeOf('http://127.0.0.1:9', own)), '503 keys_unavailable');
  assert.deepEqual([await outcome(own), await outcome(theirs)], ['200', '200']);
});

test('a token of oidc-provider is revoked at the gateway, by its jti, and no other is', async () => {
  const [stolen, other] = [await provider.token('orders:read'), await provider.token('orders:read')];
  assert.deepEqual([await outcome(stolen), await outcome(other)], ['200', '200']);
  const { jti } = JSON.parse(Buffer.from(stolen.split('.')[1]!, 'base64url').toString()) as { jti: string };
  await gatehouse('revoke', '--token', jti, '--issuer', 'main', '--reason', 'stolen');
  await eventually(async () => ((await outcome(stolen)) === '401 revoked' ? true : undefined));
  assert.equal(await outcome(stolen, '/main-only'), '401 revoked');
  assert.deepEqual([await outcome(other), await outcome(await ownToken())], ['200', '200']);
});

test('oidc-provider rotates its keys: its new tokens open the route, the old ones no more', async () => {
  const before = await provider.token('orders:read');
  assert.equal(await outcome(before), '200');
  await provider.rotate();
  const fresh = await provider.token('orders:read');
  // In place of the time that passes until a key that is not known earns the next fetch.
  gateway.plan.keySets.get(provider.jwksUri)!.refresh();
  await eventually(async () => ((await outcome(fresh)) === '200' ? true : undefined));
  assert.equal(await outcome(before), '401 unknown_key');
  assert.equal(await outcome(await ownToken()), '200');
});
