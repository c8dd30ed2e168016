import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream } from '../support/upstream.ts';

const clock = createFakeClock();
const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url, 'limits: { connections_per_address: 10000 }'), { clock });
after(() => Promise.all([gateway.close(), upstream.close()]));

/** Until the gateway has read what was sent. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

test('DOS-01 a head that does not come to its end in time is answered with 408', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send('GET / HTTP/1.1\r\n');
  await settle();
  for (let second = 0; second < 9; second++) {
    clock.advance(1000);
    connection.send('X-A: 1\r\n');
    await settle();
  }
  clock.advance(1500);
  const reply = await connection.reply();
  assert.equal(reply.status, 408);
  assert.equal(reply.json().code, 'request_timeout');
  assert.equal(await connection.ended(), '');
});

test('DOS-01 5,000 slow heads do not keep others from being served', async () => {
  const slow = await Promise.all(Array.from({ length: 5000 }, () => connectRaw(gateway.port)));
  for (const connection of slow) connection.send('GET / HTTP/1.1\r\nX-Slow: ');
  for (let at = 0; at < 20; at++) assert.equal((await ask(gateway.port, '/')).status, 200);
  clock.advance(11_000);
  for (const connection of slow) assert.equal((await connection.reply()).status, 408);
  assert.equal((await ask(gateway.port, '/')).status, 200);
  for (const connection of slow) connection.close();
});

/** Until the upstream has no connection left from the tests before. */
async function poolEmptied(): Promise<void> {
  clock.advance(5000);
  while (upstream.open() > 0) await settle();
}

test('DOS-02 a body that stalls is answered with 408 and leaves the upstream', async () => {
  await poolEmptied();
  const connection = await connectRaw(gateway.port);
  connection.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\npart');
  while (upstream.open() === 0) await settle();
  clock.advance(31_000);
  assert.equal((await connection.reply()).json().code, 'request_timeout');
  while (upstream.open() > 0) await settle();
});

test('an idle connection is closed without a word', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send(requestText('/'));
  assert.equal((await connection.reply()).status, 200);
  clock.advance(61_000);
  assert.equal(await connection.ended(), '');
});

test('H1-26 a pause between head and body holds no upstream connection for ever', async () => {
  await poolEmptied();
  const connection = await connectRaw(gateway.port);
  connection.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  while (upstream.open() === 0) await settle();
  clock.advance(31_000);
  assert.equal((await connection.reply()).status, 408);
  while (upstream.open() > 0) await settle();
});

test('connections over the limit are refused at once and counted, and the ones there are served', async () => {
  const few = await startGateway(openRoute(upstream.url, 'limits: { connections: 2 }'), { clock });
  const first = await connectRaw(few.port);
  const second = await connectRaw(few.port);
  await settle();
  const third = await connectRaw(few.port).then(
    (connection) =>
      connection.reply().then(
        () => 'answered',
        () => 'cut',
      ),
    () => 'cut',
  );
  assert.equal(third, 'cut');
  first.send(requestText('/'));
  assert.equal((await first.reply()).status, 200);
  const metrics = await fetch(`http://127.0.0.1:${few.adminPort}/metrics`).then((reply) => reply.text());
  assert.match(metrics, /gatehouse_connections_cut_total\{reason="over_limit"\} 1\n/);
  second.close();
  await few.close();
});
