import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, connectRaw } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { openRoute } from '../support/open-route.ts';
import { startUpstream, type Received } from '../support/upstream.ts';

const NOON = Date.UTC(2026, 10, 24, 12, 0, 0);
const clock = createFakeClock(NOON);
const upstream = await startUpstream();
const gateway = await startGateway(openRoute(upstream.url), { clock });
after(() => Promise.all([gateway.close(), upstream.close()]));

const header = ({ headers }: Received, wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

test('RFC 9110 §6.6.1 a reply without a date gets one, and one with a date keeps it', async () => {
  assert.equal((await ask(gateway.port, '/')).headers.get('date'), 'Tue, 24 Nov 2026 12:00:00 GMT');
  assert.equal((await ask(gateway.port, '/%00')).headers.get('date'), 'Tue, 24 Nov 2026 12:00:00 GMT');
  const dated = await startUpstream({ replyHeaders: 'Date: Mon, 23 Nov 2026 00:00:00 GMT\r\n' });
  const before = await startGateway(openRoute(dated.url), { clock });
  assert.equal((await ask(before.port, '/')).headers.get('date'), 'Mon, 23 Nov 2026 00:00:00 GMT');
  await before.close();
  await dated.close();
});

test('RFC 9110 §7.6.2 Max-Forwards counts down for OPTIONS and ends here at 0', async () => {
  const hops = (value: string) => ask(gateway.port, '/a', { method: 'OPTIONS', headers: { 'Max-Forwards': value } });
  assert.equal(header((await hops('3')).json<Received>(), 'max-forwards'), '2');
  assert.equal(header((await hops('x')).json<Received>(), 'max-forwards'), undefined);
  const seen = upstream.received.length;
  const last = await hops('0');
  assert.equal(last.status, 204);
  assert.match(last.headers.get('allow') ?? '', /GET, .*OPTIONS/);
  assert.equal(upstream.received.length, seen);
});

test('RFC 9110 §7.6.3 Via says which version came in', async () => {
  const connection = await connectRaw(gateway.port);
  connection.send('GET /old HTTP/1.0\r\nHost: a\r\n\r\n');
  assert.equal(header((await connection.reply()).json<Received>(), 'via'), '1.0 gatehouse');
  assert.equal(header((await ask(gateway.port, '/')).json<Received>(), 'via'), '1.1 gatehouse');
});
