import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { createAdmin, type AdminSources } from './admin.ts';

// The port is all there is to this part, so its tests open it.
async function start(t: TestContext, sources: Partial<AdminSources> = {}) {
  const admin = await createAdmin(
    { listen: { host: '127.0.0.1', port: 0 } },
    { metrics: { render: () => 'a_total 1\n' }, ready: () => ({ ready: true, reasons: [] }), ...sources },
  );
  t.after(() => admin.close());
  return { admin, url: `http://127.0.0.1:${admin.address.port}` };
}

test('it is alive, tells whether it is ready and why not, and shows its metrics', async (t) => {
  let reasons: readonly string[] = [];
  const { url } = await start(t, { ready: () => ({ ready: reasons.length === 0, reasons }) });
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  reasons = ['no keys of issuer main'];
  const unready = await fetch(`${url}/readyz`);
  assert.equal(unready.status, 503);
  assert.deepEqual(await unready.json(), { ready: false, reasons });
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  const metrics = await fetch(`${url}/metrics?x=1`);
  assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(await metrics.text(), 'a_total 1\n');
});

test('it answers reads of its three pages and nothing else', async (t) => {
  const { url } = await start(t);
  for (const path of ['/', '/healthz/', '/HEALTHZ', '/metrics/../x', '//metrics']) {
    assert.equal((await fetch(`${url}${path}`)).status, 404, path);
  }
  const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  const post = await fetch(`${url}/metrics`, { method: 'POST', body: 'x' });
  assert.equal(post.status, 405);
  assert.equal(post.headers.get('allow'), 'GET, HEAD');
});

test('a head over the limit is refused, and the next request is served', async (t) => {
  const { admin, url } = await start(t);
  const socket = connect(admin.address.port, '127.0.0.1');
  socket.write(`GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
  assert.match(await text(socket), /^HTTP\/1\.1 431 /);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

test('a fault in a reader is one 500', async (t) => {
  const { url } = await start(t, {
    metrics: {
      render() {
        throw new Error('a bug');
      },
    },
  });
  assert.equal((await fetch(`${url}/metrics`)).status, 500);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

test('an address that is taken is an error, and closing frees it', async (t) => {
  const { admin } = await start(t);
  const listen = { host: '127.0.0.1', port: admin.address.port };
  const sources = { metrics: { render: () => '' }, ready: () => ({ ready: true, reasons: [] }) };
  await assert.rejects(createAdmin({ listen }, sources), { code: 'EADDRINUSE' });
  await admin.close();
  const again = await createAdmin({ listen }, sources);
  await again.close();
});
