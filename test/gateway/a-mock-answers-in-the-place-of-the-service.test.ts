import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: "${issuer.audience}" } }
upstreams: { orders: { targets: ["${upstream.url}"] } }
rate_limits: { few: { quota: 2/min, by: user } }
routes:
  - path: /mocked
    kind: public
    upstream: orders
    auth: { issuer: main }
    rate_limit: few
    plugins:
      - mock-response: { status: 418, headers: { Content-Type: text/plain, X-Mock: "yes" }, body: kurz und stämmig }
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const headers = [['Authorization', `Bearer ${await issuer.mint({})}`]] as const;

test('who is admitted gets the mock, with what every reply of the route has', async () => {
  const reply = await ask(gateway.port, '/mocked', { headers, method: 'POST', body: 'not read' });
  assert.equal(reply.status, 418);
  assert.equal(Buffer.from(reply.body, 'latin1').toString(), 'kurz und stämmig');
  assert.equal(reply.headers.get('x-mock'), 'yes');
  assert.match(reply.headers.get('ratelimit') ?? '', /r=1/);
  const [line] = await gateway.accessLines(1);
  assert.equal(line?.status, 418);
  assert.equal(line?.refusal, undefined);
});

test('HEAD gets its head alone', async () => {
  const reply = await ask(gateway.port, '/mocked', { headers, method: 'HEAD' });
  assert.equal(reply.status, 418);
  assert.equal(reply.body, '');
});

test('the token and the quota are asked for as ever, and the service is never', async () => {
  assert.equal((await ask(gateway.port, '/mocked')).json().code, 'missing_token');
  assert.equal((await ask(gateway.port, '/mocked', { headers })).json().code, 'rate_limited');
  assert.equal(upstream.received.length, 0);
});
