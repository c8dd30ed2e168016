import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask } from '../support/client.ts';
import { foldedValues } from '../support/folded.ts';
import { startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

const upstream = await startUpstream();
const gateway = await startGateway(`
upstreams: { orders: { targets: ["${upstream.url}"] } }
routes:
  - path: /edited
    kind: operations
    upstream: orders
    auth: none
    plugins:
      - set-headers:
          request: { set: { X-Region: eu west }, append: { X-Tag: ours }, remove: [X-Debug] }
          response: { set: { Content-Type: text/x-edited }, append: { Strict-Transport-Security: max-age=60 } }
  - { path: /plain, kind: operations, upstream: orders, auth: none }
`);
after(() => Promise.all([gateway.close(), upstream.close()]));

const SENT = [
  ['X-Region', 'mine'],
  ['x_region', 'mine too'],
  ['X-Tag', 'theirs'],
  ['X-Debug', '1'],
  ['Connection', 'X-Region, X-Tag'],
] as const;

test('the service sees what is set in place of every spelling of it, and what is appended beside it', async () => {
  assert.equal((await ask(gateway.port, '/edited', { headers: SENT.slice(0, 4) })).status, 200);
  const received = upstream.received.at(-1)!;
  assert.deepEqual(foldedValues(received, 'X-Region'), ['eu west']);
  assert.deepEqual(foldedValues(received, 'X-Tag'), ['theirs', 'ours']);
  assert.deepEqual(foldedValues(received, 'X-Debug'), []);
});

test('no `Connection` of the caller takes it away', async () => {
  assert.equal((await ask(gateway.port, '/edited', { headers: SENT })).status, 200);
  const received = upstream.received.at(-1)!;
  assert.deepEqual(foldedValues(received, 'X-Region'), ['eu west']);
  assert.deepEqual(foldedValues(received, 'X-Tag'), ['ours']);
});

test('the caller sees the reply with its edits', async () => {
  const { headers } = await ask(gateway.port, '/edited');
  assert.equal(headers.get('content-type'), 'text/x-edited');
  assert.equal(headers.get('strict-transport-security'), 'max-age=60');
});

test('another route is left as it is', async () => {
  const reply = await ask(gateway.port, '/plain', { headers: SENT.slice(0, 4) });
  assert.equal(reply.headers.get('strict-transport-security'), undefined);
  assert.deepEqual(foldedValues(upstream.received.at(-1)!, 'X-Region'), ['mine', 'mine too']);
});
