import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { openWebSocket, startEchoService } from '../support/websocket.ts';

const issuer = await startIssuer();
const service = await startEchoService();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { service: { targets: ["${service.url}"] } }
routes:
  - path: /live
    kind: internal
    upstream: service
    auth: { issuer: main }
    rate_limit: none
    upgrade: [websocket]
    plugins: [{ inject-claims: { headers: { X-User-ID: sub } } }]
`);
after(() => Promise.all([gateway.close(), service.close(), issuer.close()]));

test('a WebSocket is opened with a token, carries messages both ways, and is one line when it ends', async () => {
  const headers = { Authorization: `Bearer ${await issuer.mint()}`, 'X-User-ID': 'somebody-else' };
  const client = await openWebSocket(gateway.port, '/live', { headers, protocols: ['other', 'chat'] });
  assert.equal(client.socket.protocol, 'chat');
  client.socket.send('one');
  client.socket.send('two');
  assert.equal(await client.message(), 'one');
  assert.equal(await client.message(), 'two');
  client.socket.close(4001, 'bye');
  assert.equal(await client.closed, 4001);
  assert.deepEqual(service.closes, [4001]);
  const [head] = service.heads;
  assert.equal(head!.headers['x-user-id'], 'user-1');
  assert.equal(head!.headers.authorization, undefined);
  assert.equal(head!.headers.upgrade, 'websocket');
  const [line] = await gateway.accessLines(1);
  assert.equal(line!.status, 101);
  assert.equal(line!.subject, 'user-1');
  assert.equal(line!.tunnel_end, 'upstream_closed');
  // Two text frames and a Close with a code and a reason; those of the client are masked.
  assert.equal(line!.bytes_in, 9 + 9 + 11);
  assert.equal(line!.bytes_out, 5 + 5 + 7);
});
