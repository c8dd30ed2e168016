import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { handshakeText, startSwitching } from '../support/websocket.ts';

const issuer = await startIssuer();
const service = await startSwitching((socket) => socket.pipe(socket));
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { service: { targets: ["${service.url}"] } }
routes:
  - path: /live
    kind: public
    upstream: service
    auth: { issuer: main, token_source: 'cookie: session' }
    rate_limit: { quota: 3/min, by: user }
    upgrade: [websocket]
    cors: { origins: ["https://app.example", "https://*.tenant.example"], credentials: true }
  - { path: /any, kind: operations, upstream: service, auth: none, rate_limit: none, upgrade: [websocket], cors: { origins: ["*"] } }
  - { path: /own, kind: operations, upstream: service, auth: none, rate_limit: none, upgrade: [websocket] }
`);
after(() => Promise.all([gateway.close(), service.close(), issuer.close()]));
const cookie = `theme=dark; session=${await issuer.mint()}`;

async function open(path: string, headers: Readonly<Record<string, string | undefined>>) {
  const connection = await connectRaw(gateway.port);
  connection.send(handshakeText(path, headers));
  try {
    return await connection.reply();
  } finally {
    connection.close();
  }
}

test('UPG-02 a page of another origin opens no WebSocket with the cookie of its reader, and uses none of the quota', async () => {
  for (const Origin of [
    'https://evil.example',
    'null',
    'http://app.example',
    'https://app.example.evil.example',
    '',
    'https://tenant.example',
  ]) {
    const refused = await open('/live', { Cookie: cookie, Origin });
    assert.equal(refused.json().code, 'origin_not_allowed', Origin);
    assert.equal(refused.status, 403);
  }
  const twice = handshakeText('/live', { Cookie: cookie }).replace(
    '\r\n\r\n',
    '\r\nOrigin: https://app.example\r\nOrigin: https://app.example\r\n\r\n',
  );
  const connection = await connectRaw(gateway.port);
  connection.send(twice);
  assert.equal((await connection.reply()).json().code, 'origin_not_allowed');
  connection.close();
  assert.equal(service.connections(), 0);
  for (const Origin of ['https://app.example', 'https://a.tenant.example', undefined]) {
    assert.equal((await open('/live', { Cookie: cookie, Origin })).status, 101, Origin);
  }
});

test('UPG-02 without its cookie a listed page is asked for one', async () => {
  assert.equal((await open('/live', { Origin: 'https://app.example' })).json().code, 'missing_token');
});

test('where the route lets any page, or leaves it to its service, the origin is passed on', async () => {
  assert.equal((await open('/any', { Origin: 'https://whoever.example' })).status, 101);
  assert.equal((await open('/own', { Origin: 'https://whoever.example' })).status, 101);
});

test('the origin of any other request is no reason to refuse it', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send(requestText('/live', { headers: { Origin: 'https://evil.example' } }));
  assert.equal((await connection.reply()).json().code, 'missing_token');
  connection.close();
});
