import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { connectRaw, requestText } from '../support/client.ts';
import { createFakeClock } from '../support/clock.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/other-end.ts';

/** The requests of the service under way, each in the test's hands. */
const exchanges: (readonly [IncomingMessage, ServerResponse])[] = [];
const service = createServer((request, response) => {
  exchanges.push([request, response]);
  response.on('error', () => {});
});
await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
const clock = createFakeClock();
const gateway = await startGateway(
  `
timeouts: { total: 20s, body: 10s }
upstreams:
  service: { targets: ["http://127.0.0.1:${(service.address() as AddressInfo).port}"], timeouts: { idle: 15s } }
routes:
  - { path: /events, kind: operations, upstream: service, auth: none, rate_limit: none, streaming: true }
  - { path: /limited, kind: operations, upstream: service, auth: none, rate_limit: none }
  - { path: /upload, kind: operations, upstream: service, auth: none, rate_limit: none, streaming: true, max_body: 1gb }
`,
  { clock },
);
after(async () => {
  await gateway.close();
  service.closeAllConnections();
  service.close();
});

/** Begins a request; what the caller has heard so far, and the service's side of it. */
async function begin(text: string) {
  const count = exchanges.length;
  const caller = await connectRaw(gateway.port);
  let heard = '';
  caller.socket.on('data', (bytes) => (heard += bytes.toString('latin1')));
  caller.send(text);
  await until(() => exchanges.length > count);
  const [request, response] = exchanges[count]!;
  return { caller, request, response, heard: () => heard };
}

for (const path of ['/events', '/limited']) {
  test(`server-sent events go out one by one as they come, the head before the first (${path})`, async () => {
    const { caller, response, heard } = await begin(requestText(path, { headers: { Accept: 'text/event-stream' } }));
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.flushHeaders();
    await until(() => heard().endsWith('\r\n\r\n'));
    assert.match(heard(), /^HTTP\/1\.1 200 OK\r\n(?:.*\r\n)*content-type: text\/event-stream\r\n/i);
    for (const seconds of [1, 5, 9, 4]) {
      clock.advance(seconds * 1000);
      const event = `data: after ${seconds}\n\n`;
      response.write(event);
      // Nothing is written behind it: it must not wait for company.
      await until(() => heard().endsWith(`${event}\r\n`));
    }
    // 19 s are over: the limit of 20 s decides.
    clock.advance(2000);
    response.write('data: too late\n\n');
    if (path === '/events') {
      await until(() => heard().endsWith('data: too late\n\n\r\n'));
      for (let at = 0; at < 20; at++) {
        clock.advance(14_000);
        response.write(`: still ${at}\n\n`);
        await until(() => heard().endsWith(`: still ${at}\n\n\r\n`));
      }
      response.end();
      await until(() => heard().endsWith('0\r\n\r\n'));
    } else {
      await caller.ended();
      assert.ok(!heard().includes('too late'));
    }
    caller.close();
  });
}

test('a stream that falls silent is cut by the idle time limit of its upstream', async () => {
  const { caller, response, heard } = await begin(requestText('/events'));
  response.write('data: one\n\n');
  await until(() => heard().includes('data: one'));
  clock.advance(14_000);
  assert.equal(caller.socket.destroyed, false);
  clock.advance(1200);
  await caller.ended();
  assert.ok(!heard().endsWith('0\r\n\r\n'));
  caller.close();
});

test('an upload without end goes through as it comes, for longer than the total time limit', async () => {
  const head = requestText('/upload', { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } });
  const { caller, request, response, heard } = await begin(head);
  let received = '';
  request.on('data', (bytes) => (received += String(bytes)));
  for (let at = 0; at < 6; at++) {
    clock.advance(9000);
    caller.send(`6\r\npart ${at}\r\n`);
    await until(() => received.endsWith(`part ${at}`));
  }
  caller.send('0\r\n\r\n');
  request.on('end', () => response.end('thanks'));
  await until(() => heard().endsWith('thanks'));
  caller.close();
});

test('an upload that stops is cut by the time limit of bodies', async () => {
  const head = requestText('/upload', { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } });
  const { caller, request, heard } = await begin(head);
  let received = '';
  request.on('data', (bytes) => (received += String(bytes)));
  request.on('error', () => {});
  caller.send('3\r\nabc\r\n');
  await until(() => received === 'abc');
  clock.advance(10_500);
  await until(() => heard().includes('\r\n\r\n'));
  assert.match(heard(), /^HTTP\/1\.1 408 /);
  caller.close();
});
