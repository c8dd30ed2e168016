/** Written by others, from the same texts: `oauth4webapi`, `openid-client`, and plain `jose` as a service that verifies for itself. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createRemoteJWKSet, customFetch as joseFetch, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { makeSecret, sha256 } from '../../src/oauth/secret.ts';
import { ask } from '../support/client.ts';
import { createFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

const ISSUER = 'https://gateway.internal';
const folder = createFolder();
const upstream = await startUpstream();
// Characters that mean something in a form, in a header and in Base64.
const secrets = { billing: makeSecret(), odd: `${'a+b /:&=%é'.repeat(4)}~` };
const pair = await generateKeyPair('ES256', { extractable: true });
const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'mailer-1' };
writeFileSync(`${folder}/mailer.json`, JSON.stringify({ keys: [jwk] }));
const hash = (secret: string) => sha256(secret).toString('hex');
const gateway = await startGateway(`
oauth2:
  issuer: ${ISSUER}
  store: sqlite:${folder}/gatehouse.db
  audience: internal
  clients:
    billing: { secret_sha256: ${hash(secrets.billing)}, scopes: [billing:read, billing:write], audiences: [internal, https://ledger.example] }
    odd: { secret_sha256: ${hash(secrets.odd)}, scopes: [billing:read] }
    mailer: { jwks: ${folder}/mailer.json, scopes: [billing:read] }
upstreams: { service: { targets: ["${upstream.url}"] } }
routes: [{ path: /billing/*, kind: internal, upstream: service, auth: { issuer: self, scopes: [billing:read] }, rate_limit: none }]
`);
after(() => Promise.all([gateway.close(), upstream.close()]));

/** The name of the issuer leads to the gateway of this test. */
const fetchHere = (url: string, init?: object): Promise<Response> =>
  fetch(url.replace(ISSUER, `http://127.0.0.1:${gateway.port}`), init);
const options = { [oauth.customFetch]: fetchHere };

async function discover(): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(ISSUER);
  const reply = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options });
  return await oauth.processDiscoveryResponse(issuer, reply);
}

async function tokenFrom(
  as: oauth.AuthorizationServer,
  client_id: string,
  proof: oauth.ClientAuth,
  parameters: Record<string, string> = {},
): Promise<oauth.TokenEndpointResponse> {
  const reply = await oauth.clientCredentialsGrantRequest(as, { client_id }, proof, parameters, options);
  return await oauth.processClientCredentialsResponse(as, { client_id }, reply);
}

test('oauth4webapi proves itself in each way there is, and the token opens what it says', async () => {
  const as = await discover();
  const ways: readonly (readonly [string, oauth.ClientAuth])[] = [
    ['billing', oauth.ClientSecretBasic(secrets.billing)],
    ['billing', oauth.ClientSecretPost(secrets.billing)],
    ['odd', oauth.ClientSecretBasic(secrets.odd)],
    ['odd', oauth.ClientSecretPost(secrets.odd)],
    ['mailer', oauth.PrivateKeyJwt({ key: pair.privateKey, kid: 'mailer-1' })],
  ];
  for (const [id, proof] of ways) {
    const { access_token: token, expires_in: lifetime } = await tokenFrom(as, id, proof);
    assert.equal(lifetime, 300);
    const headers = { Authorization: `Bearer ${token}` };
    assert.equal((await ask(gateway.port, '/billing/1', { headers })).status, 200, id);
  }
});

test('oauth4webapi asks for less and for another audience, and jose verifies what it got', async () => {
  const as = await discover();
  const wanted = { scope: 'billing:write', resource: 'https://ledger.example' };
  const { access_token: token, scope } = await tokenFrom(
    as,
    'billing',
    oauth.ClientSecretBasic(secrets.billing),
    wanted,
  );
  assert.equal(scope, 'billing:write');
  const keys = createRemoteJWKSet(new URL(as.jwks_uri!), { [joseFetch]: fetchHere });
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: wanted.resource, typ: 'at+jwt' });
  assert.deepEqual([payload.sub, payload['client_id'], payload['scope']], ['billing', 'billing', 'billing:write']);
  const headers = { Authorization: `Bearer ${token}` };
  assert.equal((await ask(gateway.port, '/billing/1', { headers })).status, 401, 'it is for another audience');
});

test('oauth4webapi is told by name what it may not have', async () => {
  const as = await discover();
  const proof = oauth.ClientSecretPost(secrets.billing);
  for (const [parameters, error] of [
    [{ scope: 'admin' }, 'invalid_scope'],
    [{ resource: 'https://other.example' }, 'invalid_target'],
  ] as const) {
    await assert.rejects(tokenFrom(as, 'billing', proof, parameters), { error, status: 400 });
  }
  await assert.rejects(tokenFrom(as, 'billing', oauth.ClientSecretBasic(makeSecret())), { status: 401 });
});

test('OA-18 oauth4webapi looks into a token, gives it back, and it opens nothing more', async () => {
  const as = await discover();
  const client = { client_id: 'billing' };
  const proof = oauth.ClientSecretBasic(secrets.billing);
  const { access_token: token } = await tokenFrom(as, 'billing', proof);
  const look = async (): Promise<oauth.IntrospectionResponse> => {
    const reply = await oauth.introspectionRequest(as, client, proof, token, options);
    return await oauth.processIntrospectionResponse(as, client, reply);
  };
  const { active, client_id: id, scope } = await look();
  assert.deepEqual([active, id, scope], [true, 'billing', 'billing:read billing:write']);
  for (const _ of ['first', 'again']) {
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, proof, token, options));
  }
  assert.deepEqual(await look(), { active: false });
  const refused = await ask(gateway.port, '/billing/1', { headers: { Authorization: `Bearer ${token}` } });
  assert.deepEqual([refused.status, refused.json().reason], [401, 'revoked']);
});

test('openid-client finds the server by its issuer, gets, looks into and gives back a token', async () => {
  const config = await openid.discovery(new URL(ISSUER), 'billing', secrets.billing, undefined, {
    algorithm: 'oauth2',
    [openid.customFetch]: fetchHere,
  });
  const { access_token: token } = await openid.clientCredentialsGrant(config, { scope: 'billing:read' });
  assert.equal((await openid.tokenIntrospection(config, token)).active, true);
  await openid.tokenRevocation(config, token);
  assert.equal((await openid.tokenIntrospection(config, token)).active, false);
});
