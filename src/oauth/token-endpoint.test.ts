import assert from 'node:assert/strict';
import test from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import {
  addClient,
  basic,
  ISSUER,
  startAuthorizationServer,
  type TestServer,
} from '../../test/support/authorization-server.ts';
import { createMemoryStore } from '../../test/support/memory-store.ts';
import type { StoredClient } from '../store/store.ts';

const GRANT = { grant_type: 'client_credentials' };

async function setUp(client: Partial<StoredClient> = {}): Promise<TestServer & { id: string; secret: string }> {
  const store = createMemoryStore();
  const made = await addClient(store, client);
  return { ...(await startAuthorizationServer({ store })), ...made };
}

async function verified(served: TestServer, token: unknown, audience = 'internal') {
  const set = JSON.parse((await served.get('oauth2-jwks')).body) as JSONWebKeySet;
  return await jwtVerify(String(token), createLocalJWKSet(set), {
    issuer: ISSUER,
    audience,
    typ: 'at+jwt',
    algorithms: ['ES256'],
    currentDate: new Date(served.clock.wall()),
  });
}

test('RFC 9068 §2: a token says who, for whom, what for and how long, and is verified with the published keys', async () => {
  const served = await setUp();
  const { status, fields, body } = await served.post('oauth2-token', GRANT, {
    fields: [basic(served.id, served.secret)],
  });
  assert.equal(status, 200);
  assert.match(fields, /^Cache-Control: no-store\r$/m);
  assert.match(fields, /^Pragma: no-cache\r$/m);
  assert.deepEqual(
    { ...body, access_token: '' },
    {
      access_token: '',
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'billing:read',
    },
  );
  const { payload, protectedHeader } = await verified(served, body.access_token);
  const iat = served.clock.wall() / 1000;
  assert.match(payload.jti!, /^[0-9a-f-]{36}$/);
  assert.deepEqual(
    { ...payload, jti: '' },
    {
      iss: ISSUER,
      sub: 'billing',
      client_id: 'billing',
      aud: 'internal',
      scope: 'billing:read',
      jti: '',
      iat,
      exp: iat + 300,
    },
  );
  assert.equal(protectedHeader.typ, 'at+jwt');
  assert.deepEqual(served.events.at(-1)?.kind, 'token_issued');
});

test('OA-13 an unknown client and a wrong secret get the same answer', async () => {
  const served = await setUp();
  const wrong = await served.post('oauth2-token', GRANT, { fields: [basic(served.id, 'wrong')] });
  const unknown = await served.post('oauth2-token', GRANT, { fields: [basic('nobody', 'wrong')] });
  assert.deepEqual(wrong, unknown);
  assert.equal(wrong.status, 401);
  assert.equal(wrong.body.error, 'invalid_client');
  assert.match(wrong.fields, /^WWW-Authenticate: Basic /m);
});

test('RFC 9068 §2.1: the header names the type, the algorithm and the key', async () => {
  const served = await setUp();
  const { body } = await served.post('oauth2-token', GRANT, { fields: [basic(served.id, served.secret)] });
  const { keys } = JSON.parse(served.server.keys.text()) as { keys: readonly { kid: string }[] };
  assert.deepEqual(decodeProtectedHeader(String(body.access_token)), {
    alg: 'ES256',
    typ: 'at+jwt',
    kid: keys[0]!.kid,
  });
});
