import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { composePlugins } from '../../src/plugin/hooks.ts';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { startIssuer } from '../support/issuer.ts';
import { startUpstream } from '../support/upstream.ts';

const issuer = await startIssuer();
const upstream = await startUpstream();
const gateway = await startGateway(`
issuers: { main: { issuer: "${issuer.issuer}", jwks_uri: "${issuer.jwksUri}", audience: api } }
upstreams: { service: { targets: ["${upstream.url}"] } }
routes:
  - { path: /guarded, kind: internal, upstream: service, auth: { issuer: main } }
  - { path: /open, kind: operations, upstream: service, auth: none }
`);
after(() => Promise.all([gateway.close(), upstream.close(), issuer.close()]));

const routeOf = (path: string) => gateway.plan.routeList.find(({ name }) => name.includes(path))!;

test('DOS-11 a throw is one 500 for its own caller, a line in the log, and nothing to anybody else', async () => {
  const route = routeOf('/guarded');
  const { authorize } = route;
  Object.assign(route, {
    authorize() {
      throw new Error('a bug of this test');
    },
  });
  const token = await issuer.mint({ aud: 'api' });
  const witness = await connectRaw(gateway.port);
  witness.send(requestText('/open'));
  // The first waits for the signature, the second finds it verified: a late throw and one at once.
  for (const when of ['late', 'at once']) {
    const reply = await ask(gateway.port, '/guarded', { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(reply.status, 500, when);
    assert.equal(reply.json().code, 'internal');
    assert.ok(!reply.body.includes('a bug of this test'), 'the caller is told nothing of it');
  }
  assert.equal((await witness.reply()).status, 200);
  witness.close();
  const errors = gateway.events.filter(({ event }) => event === 'request_failed');
  assert.equal(errors.length, 2);
  assert.match(String(errors[0]!.fields['error']), /a bug of this test/);
  assert.equal(upstream.received.filter(({ target }) => target === '/guarded').length, 0);

  Object.assign(route, { authorize });
  const mended = await ask(gateway.port, '/guarded', { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(mended.status, 200);
});

test('a plugin that throws is one 500, and its name stands in the log', async () => {
  const route = routeOf('/open');
  const { plugins } = route;
  const onRequest = () => {
    throw new Error('a bug of this plugin');
  };
  Object.assign(route, { plugins: composePlugins([{ name: 'add-region', onRequest }]) });
  const reply = await ask(gateway.port, '/open');
  Object.assign(route, { plugins });
  assert.equal(reply.json().code, 'internal');
  assert.ok(!reply.body.includes('plugin'), 'the caller is told nothing of it');
  const logged = gateway.events.findLast(({ event }) => event === 'request_failed');
  assert.match(String(logged?.fields['error']), /the plugin add-region failed: Error: a bug of this plugin/);
  assert.equal((await ask(gateway.port, '/open')).status, 200);
});

test('DOS-11 a throw after the reply has begun closes the connection', async () => {
  const route = routeOf('/open');
  const { dropFromReply } = route;
  Object.assign(route, {
    dropFromReply() {
      throw new Error('a bug of this test');
    },
  });
  const reply = await ask(gateway.port, '/open').catch((error: Error) => error);
  assert.ok(reply instanceof Error || reply.status === 500, 'either is fair; a hang is not');
  Object.assign(route, { dropFromReply });
  assert.equal((await ask(gateway.port, '/open')).status, 200);
});
